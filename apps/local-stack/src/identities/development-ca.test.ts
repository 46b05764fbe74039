import { readFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { developmentCertificates } from './development-ca.js';

const folder = mkdtempSync(join(tmpdir(), 'ca-'));
const DAY_MS = 24 * 60 * 60 * 1000;
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('developmentCertificates', () => {
  it.each(['localhost', '127.0.0.1'])('are trusted by whoever trusts the authority, at %s', async (host) => {
    const { caFile, certFile, keyFile } = await developmentCertificates(folder, Date.now());
    const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host, ca: readFileSync(caFile), ...(host === 'localhost' ? { servername: host } : {}) });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
    server.close();
  });

  it('are kept while they are valid and made anew before they end', async () => {
    const now = Date.now();
    const content = async (at: number): Promise<string> =>
      readFileSync((await developmentCertificates(folder, at)).certFile, 'utf8');
    const first = await content(now);
    expect(await content(now + 300 * DAY_MS)).toBe(first);
    expect(await content(now + 360 * DAY_MS)).not.toBe(first);
  });

  it('are made anew when a file is missing or belongs to another authority', async () => {
    const { caFile, certFile } = await developmentCertificates(folder, Date.now());
    const first = readFileSync(certFile, 'utf8');
    rmSync(caFile);
    await developmentCertificates(folder, Date.now());
    expect(readFileSync(certFile, 'utf8')).not.toBe(first);
  });

  it('keep the key from others', async () => {
    const { keyFile } = await developmentCertificates(folder, Date.now());
    expect(statSync(keyFile).mode & 0o077).toBe(0);
  });
});
