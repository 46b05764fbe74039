import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Secrets of one state folder: random, so that nothing of a development stack works anywhere else. */
export interface DevelopmentSecrets {
  /** The app that calls Graph. */
  readonly graphClientSecret: string;
  /** The app that calls the gateway. */
  readonly callerClientSecret: string;
  /** Signs the path of callbacks; base64url. */
  readonly callbackMacKey: string;
}

/** Reads the secrets of a state folder, or makes them; only the owner may read the file. */
export async function developmentSecrets(file: string): Promise<DevelopmentSecrets> {
  const kept = await readSecrets(file);
  if (kept !== undefined) return kept;
  const made = { graphClientSecret: newSecret(), callerClientSecret: newSecret(), callbackMacKey: newSecret() };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(made, null, 1), { mode: 0o600 });
  return made;
}

async function readSecrets(file: string): Promise<DevelopmentSecrets | undefined> {
  try {
    const { graphClientSecret, callerClientSecret, callbackMacKey } = JSON.parse(
      await readFile(file, 'utf8'),
    ) as Partial<DevelopmentSecrets>;
    return graphClientSecret && callerClientSecret && callbackMacKey
      ? { graphClientSecret, callerClientSecret, callbackMacKey }
      : undefined;
  } catch {
    return undefined;
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
