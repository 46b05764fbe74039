import { loadSettings } from './settings.js';
import { ServiceSettings } from './run-service.js';

it('shows health and metrics to its own machine only, unless it is told otherwise', () => {
  expect(loadSettings(ServiceSettings, {}).managementHost).toBe('127.0.0.1');
  expect(loadSettings(ServiceSettings, { MANAGEMENT_HOST: '0.0.0.0' }).managementHost).toBe('0.0.0.0');
});
