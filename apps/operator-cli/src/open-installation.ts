import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { loadSettings } from '@callbus/chassis';
import { Installation } from './installation.js';
import { OperatorSettings } from './operator-settings.js';

/** @throws ConfigError with every fault of the environment */
export function openInstallation(environment: NodeJS.ProcessEnv): Installation {
  const settings = loadSettings(OperatorSettings, environment);
  if (settings.trustedCa !== undefined) setDefaultCACertificates([...getCACertificates('default'), settings.trustedCa]);
  return new Installation(settings);
}
