import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWTPayload } from 'jose';
import { SigningKey } from '../../apps/graph-simulator/src/callbacks/signing-key.js';
import { developmentCertificates, type DevelopmentCertificates } from '../../apps/local-stack/src/identities/development-ca.js';

const TOKEN_SECONDS = 3_900;

/** Graph's keys as a receiver sees them: the OpenID document and the key document, over https, and tokens that they prove. */
export class CallbackKeys {
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** Answers 503. */
  isDown = false;
  /** No answer comes before this resolves. */
  answersAfter: Promise<void> = Promise.resolve();

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    /** PEM: the authority, and a certificate of it for this machine. */
    readonly files: DevelopmentCertificates,
    readonly signing: SigningKey,
  ) {}

  static async start(): Promise<CallbackKeys> {
    const folder = mkdtempSync(join(tmpdir(), 'callback-keys-'));
    const files = await developmentCertificates(folder, Date.now());
    const server = createServer({ cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) });
    const keys = new CallbackKeys(server, folder, files, await SigningKey.generate());
    server.on('request', ({ url = '' }, response) => {
      keys.requests.push(url);
      void keys.answersAfter.then(() => {
        if (keys.isDown) response.writeHead(503).end();
        else response.end(JSON.stringify(url === '/openid' ? { jwks_uri: keys.url('/keys') } : keys.signing.jwks()));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return keys;
  }

  url(path: string): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}${path}`;
  }

  /** A token as Graph makes it. @param differences claims that are to differ */
  async token(appId: string, tenantId: string, differences: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const times = { nbf: now, exp: now + TOKEN_SECONDS };
    return this.signing.sign({ aud: appId, iss: 'https://graph.microsoft.com', tid: tenantId, ...times, ...differences });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
    rmSync(this.folder, { recursive: true });
  }
}
