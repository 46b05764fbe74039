import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { DevelopmentCertificates } from '@callbus/local-stack';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';

/** Microsoft's own, in tokens of callbacks. */
const SENDER_APP_ID = '26a18ebc-cdf7-4a6a-91cb-beb352805e81';
const KEY_ID = 'bench';
const TOKEN_SECONDS = 3_900;
export const ISSUER = 'https://graph.microsoft.com';

/** Graph's keys: published over https as Microsoft publishes them, and tokens that they prove. */
export class CallbackKeys {
  private constructor(
    private readonly server: Server,
    private readonly privateKey: CryptoKey,
  ) {}

  static async publish({ certFile, keyFile }: DevelopmentCertificates): Promise<CallbackKeys> {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, use: 'sig', alg: 'RS256' }] };
    const server = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) });
    const keys = new CallbackKeys(server, privateKey);
    server.on('request', ({ url }, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(url === '/keys' ? jwks : { jwks_uri: keys.jwksUrl() }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return keys;
  }

  openIdUrl(): string {
    return this.url('/openid');
  }

  jwksUrl(): string {
    return this.url('/keys');
  }

  async token(appId: string, tenantId: string): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { aud: appId, iss: ISSUER, tid: tenantId, appid: SENDER_APP_ID, nbf: now, exp: now + TOKEN_SECONDS };
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' }).sign(this.privateKey);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private url(path: string): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}${path}`;
  }
}
