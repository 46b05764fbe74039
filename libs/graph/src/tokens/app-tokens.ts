import type { AppCredential } from './app-credential.js';
import { ClientCredentialsGrant, type AppToken } from './client-credentials-grant.js';
import { GraphTokenError } from '../errors.js';
import type { OnExchange } from '../http/exchange.js';
import { RenewedToken } from './renewed-token.js';
import { TokenEndpointClient } from './token-endpoint-client.js';

/** An app registration and how it proves who it is. */
export interface GraphApp {
  /** Application (client) id. */
  readonly appId: string;
  readonly credential: AppCredential;
}

/** Whose token it is: each app has one in every tenant that it calls. */
export interface AppInTenant {
  readonly appId: string;
  readonly tenantId: string;
}

export interface AppTokensOptions {
  /** Origin of the authority, such as https://login.microsoftonline.com. Only https. */
  readonly authority: string;
  readonly apps: readonly GraphApp[];
  /** Such as https://graph.microsoft.com/.default */
  readonly scope: string;
  /** For the whole request to the token endpoint. @default 5000 */
  readonly requestTimeoutMs?: number;
  /** From a request that failed to the next; it doubles up to 15 s. @default 500 */
  readonly firstRetryMs?: number;
  /** The time, ms since 1970. @default Date.now */
  readonly nowMs?: () => number;
  /** Called after every request, with what went wrong; null when nothing did. */
  readonly onRequested?: (owner: AppInTenant, failure: GraphTokenError | null) => void;
  /** Called after every request on the wire. */
  readonly onExchange?: OnExchange;
}

const TENANT = /^[0-9a-z][0-9a-z.-]{0,127}$/i;

/**
 * Tokens of app registrations by client credentials, from the authority of the tenant that is called: a token of another
 * tenant, or of `common`, Graph refuses with 7505. Those in use are renewed in the background, the others forgotten.
 */
export class AppTokens {
  private readonly credentials: ReadonlyMap<string, AppCredential>;
  private readonly tokens = new Map<string, RenewedToken>();
  private readonly endpoint: TokenEndpointClient;

  constructor(private readonly options: AppTokensOptions) {
    this.credentials = new Map(options.apps.map(({ appId, credential }) => [appId.toLowerCase(), credential]));
    this.endpoint = new TokenEndpointClient(options.requestTimeoutMs ?? 5_000, options.onExchange);
  }

  /** The valid token, for whoever must not wait. Without one it is requested in the background: `onRequested` tells. */
  atHand(owner: AppInTenant): AppToken | undefined {
    return this.tokenOf(owner).atHand();
  }

  /** Why there is no token, or why it could not be renewed; null when nothing failed. */
  trouble(owner: AppInTenant): GraphTokenError | null {
    return this.tokens.get(keyOf(owner))?.trouble ?? null;
  }

  /** The valid token, else a new one. One request at a time per app and tenant. @throws GraphTokenError */
  async get(owner: AppInTenant): Promise<AppToken> {
    return this.tokenOf(owner).get();
  }

  /** The valid token if it is not older than that, else a new one: for what may have been granted since. @throws GraphTokenError */
  async youngerThan(owner: AppInTenant, ageMs: number): Promise<AppToken> {
    return this.tokenOf(owner).youngerThan(ageMs);
  }

  /** A new token even if the kept one has not expired: for after a 401. @throws GraphTokenError */
  async refresh(owner: AppInTenant): Promise<AppToken> {
    return this.tokenOf(owner).refresh();
  }

  /** Milliseconds until the first of the tokens in use expires; NaN when there is none, negative when it was not renewed in time. */
  remainingMs(): number {
    const { nowMs = Date.now } = this.options;
    const ends = [...this.tokens.values()].flatMap(({ expiresAtMs }) => (expiresAtMs === undefined ? [] : [expiresAtMs]));
    return ends.length === 0 ? NaN : Math.min(...ends) - nowMs();
  }

  async close(): Promise<void> {
    for (const token of this.tokens.values()) token.close();
    await this.endpoint.close();
  }

  private tokenOf(owner: AppInTenant): RenewedToken {
    const key = keyOf(owner);
    const known = this.tokens.get(key);
    if (known !== undefined) return known;
    const { firstRetryMs = 500, nowMs = Date.now, onRequested } = this.options;
    let grant: ClientCredentialsGrant | undefined;
    const token = new RenewedToken({
      request: async () => (grant ??= this.grantOf(owner)).request(),
      nowMs,
      firstRetryMs,
      onRequested: (failure) => onRequested?.(owner, failure),
      onUnused: () => this.tokens.delete(key),
    });
    this.tokens.set(key, token);
    return token;
  }

  private grantOf({ appId, tenantId }: AppInTenant): ClientCredentialsGrant {
    const credential = this.credentials.get(appId.toLowerCase());
    if (credential === undefined) {
      throw new GraphTokenError('TOKEN_REFUSED', `The app ${appId} is not configured; add it with its credential.`);
    }
    if (!TENANT.test(tenantId)) throw new GraphTokenError('TOKEN_REFUSED', 'A tenant must be a GUID or a domain name.');
    const { authority, scope } = this.options;
    return new ClientCredentialsGrant({ authority, appId, tenantId, credential, scope, endpoint: this.endpoint });
  }
}

function keyOf({ appId, tenantId }: AppInTenant): string {
  return `${appId}/${tenantId}`.toLowerCase();
}
