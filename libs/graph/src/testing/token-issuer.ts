import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT, type CryptoKey } from 'jose';
import { CallbackTokens } from '../callbacks/callback-token.js';
import { TokenError, type TokenErrorCode } from '../errors.js';
import type { OidcTokensOptions } from '../tokens/oidc-tokens.js';

export const appId = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
export const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
export const foreignId = 'aa67bd4c-8475-432d-bd41-39f255720e0a';
export const GRAPH = 'https://graph.microsoft.com';
export const expected = { audience: appId, tenantId };
type Key = CryptoKey | KeyObject;

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
export const k1 = rsa();
export const k2 = rsa();
export const foreign = rsa();

/** Publishes the keys of callback tokens as Graph does, or otherwise as a test wants it. */
export class TokenIssuer {
  published: { kid: string; key: KeyObject }[] = [];
  isDown = false;
  /** Answers in place of the key document. */
  answerKeys: ((response: ServerResponse) => void) | null = null;
  /** In the OpenID document in place of the key document’s address. */
  jwksUri: string | null = null;
  requests: string[] = [];
  private readonly opened: CallbackTokens[] = [];
  private readonly server: Server = createServer((request, response) => {
    this.requests.push(request.url ?? '');
    if (this.isDown) response.writeHead(503).end();
    else if (request.url === '/openid')
      response.end(JSON.stringify({ issuer: 'https://api.botframework.com', jwks_uri: this.jwksUri ?? `${this.url}/keys` }));
    else if (this.answerKeys !== null) this.answerKeys(response);
    else void this.keyDocument().then((text) => response.end(text));
  });

  /** An issuer for all tests of a file, which publishes k1 when a test begins. */
  static forTests(): TokenIssuer {
    const issuer = new TokenIssuer();
    beforeAll(() => once(issuer.server.listen(0, '127.0.0.1'), 'listening'));
    beforeEach(() => {
      issuer.published = [{ kid: 'k1', key: k1.publicKey }];
      issuer.isDown = false;
      issuer.answerKeys = null;
      issuer.jwksUri = null;
      issuer.requests = [];
    });
    afterEach(() => Promise.all(issuer.opened.splice(0).map((tokens) => tokens.close())));
    afterAll(() => {
      issuer.server.closeAllConnections();
      return once(issuer.server.close(), 'close');
    });
    return issuer;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param more members beside the keys */
  async keyDocument(more: object = {}): Promise<string> {
    const keys = this.published.map(async ({ kid, key }) => ({ ...(await exportJWK(key)), kid, use: 'sig' }));
    return JSON.stringify({ keys: await Promise.all(keys), ...more });
  }

  /** Closed when the test is over. */
  tokens(options: Partial<OidcTokensOptions> = {}): CallbackTokens {
    const tokens = new CallbackTokens({
      openIdUrl: `${this.url}/openid`,
      issuers: [GRAPH, 'https://api.botframework.com'],
      ...options,
    });
    this.opened.push(tokens);
    return tokens;
  }
}

/** What differs from a token of Graph's. */
export interface Forged {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  alg?: string;
  key?: Key | Uint8Array;
}
export const nowSeconds = () => Math.floor(Date.now() / 1_000);

/** An Authorization header of Graph's, signed with k1, but for what differs. */
export async function bearer({ claims = {}, header = {}, alg = 'RS256', key = k1.privateKey }: Forged = {}): Promise<string> {
  const now = nowSeconds();
  const all = {
    aud: appId,
    iss: GRAPH,
    tid: tenantId,
    appid: '26a18ebc-cdf7-4a6a-91cb-beb352805e81',
    nbf: now,
    exp: now + 3_900,
    ...claims,
  };
  return `Bearer ${await new SignJWT(all).setProtectedHeader({ alg, kid: 'k1', ...header }).sign(key)}`;
}

export async function codeOf(promise: Promise<unknown>): Promise<TokenErrorCode | 'ACCEPTED'> {
  return promise.then(
    () => 'ACCEPTED' as const,
    (error: unknown) => {
      if (error instanceof TokenError) return error.code;
      throw error;
    },
  );
}
