import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { DevelopmentCertificates } from '@callbus/local-stack';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';

const KEY_ID = 'bench';
const TOKEN_SECONDS = 3_600;
export const AUDIENCE = 'api://callbus';

/** Entra’s keys: published over https as it publishes them, and a caller’s token that they prove. */
export class CallerKeys {
  private constructor(
    private readonly server: Server,
    private readonly privateKey: CryptoKey,
  ) {}

  static async publish({ certFile, keyFile }: DevelopmentCertificates): Promise<CallerKeys> {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, use: 'sig', alg: 'RS256' }] };
    const server = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) });
    const keys = new CallerKeys(server, privateKey);
    server.on('request', ({ url }, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(url === '/keys' ? jwks : { jwks_uri: `${keys.url()}/keys` }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return keys;
  }

  openIdUrl(): string {
    return `${this.url()}/openid`;
  }

  issuer(): string {
    return `${this.url()}/{tenantId}/v2.0`;
  }

  async token(appId: string, tenantId: string): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const issuer = this.issuer().replace('{tenantId}', tenantId);
    const roles = ['Calls.Create', 'Calls.Read'];
    const claims = { aud: AUDIENCE, iss: issuer, tid: tenantId, azp: appId, roles, nbf: now, exp: now + TOKEN_SECONDS };
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' }).sign(this.privateKey);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }
}
