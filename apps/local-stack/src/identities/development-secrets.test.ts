import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentSecrets } from './development-secrets.js';

const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('developmentSecrets', () => {
  it('are made once per state folder, differ from those of others, and are readable by their owner alone', async () => {
    const file = join(folder, 'a', 'secrets.json');
    const made = await developmentSecrets(file);
    expect(await developmentSecrets(file)).toEqual(made);
    expect(await developmentSecrets(join(folder, 'b.json'))).not.toEqual(made);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(Buffer.from(made.callbackMacKey, 'base64url')).toHaveLength(32);
  });

  it('are made anew when the file is damaged', async () => {
    const file = join(folder, 'c.json');
    writeFileSync(file, '{"graphClientSecret": "x"}');
    expect(await developmentSecrets(file)).toMatchObject({ callerClientSecret: expect.any(String) as string });
  });
});
