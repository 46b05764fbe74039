import { ConfidentialClientApplication } from '@azure/msal-node';
import { decodeJwt } from 'jose';
import { GraphTokenError } from './errors.js';
import { tokenErrorOf } from './token-error.js';
import { TokenEndpointClient } from './token-endpoint-client.js';

export interface AppTokensOptions {
  /** Origin of the authority, such as https://login.microsoftonline.com. Only https. */
  readonly authority: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Such as https://graph.microsoft.com/.default */
  readonly scope: string;
  /** For the whole request to the token endpoint. @default 5000 */
  readonly requestTimeoutMs?: number;
  /** The time, ms since 1970. @default Date.now */
  readonly nowMs?: () => number;
}

export interface AppToken {
  /** Secret: it goes into one header and nowhere else. */
  readonly value: string;
  readonly expiresAtMs: number;
  /** What the token says it allows, for messages to people only: Graph is who decides. */
  readonly roles: readonly string[];
}

interface Tenant {
  readonly application: ConfidentialClientApplication;
  current?: AppToken & { readonly renewAtMs: number };
  pending?: Promise<AppToken>;
}

const TENANT = /^[0-9a-z][0-9a-z.-]{0,127}$/i;
/** A token is renewed when this much of its life is left, or a fifth of it if that is less. */
const RENEW_BEFORE_MS = 5 * 60 * 1_000;

/**
 * Tokens of one app registration by client credentials, from the authority of the tenant that is called:
 * a token of another tenant, or of `common`, Graph refuses with 7505.
 */
export class AppTokens {
  private readonly tenants = new Map<string, Tenant>();
  private readonly endpoint: TokenEndpointClient;
  private readonly nowMs: () => number;

  constructor(private readonly options: AppTokensOptions) {
    this.endpoint = new TokenEndpointClient(options.requestTimeoutMs ?? 5_000);
    this.nowMs = options.nowMs ?? Date.now;
  }

  /** The token kept for the tenant, if it need not be renewed yet; for whoever must not wait. */
  peek(tenantId: string): AppToken | undefined {
    const current = this.tenants.get(tenantId.toLowerCase())?.current;
    return current && this.nowMs() < current.renewAtMs ? current : undefined;
  }

  /** The token kept for the tenant, or a new one shortly before that expires. One request at a time per tenant. @throws GraphTokenError */
  async get(tenantId: string): Promise<AppToken> {
    const { current } = this.tenant(tenantId);
    if (current && this.nowMs() < current.renewAtMs) return current;
    try {
      return await this.refresh(tenantId);
    } catch (error) {
      if (current && this.nowMs() < current.expiresAtMs) return current;
      throw error;
    }
  }

  /** A new token even if the kept one has not expired: for after a 401. @throws GraphTokenError */
  async refresh(tenantId: string): Promise<AppToken> {
    const tenant = this.tenant(tenantId);
    tenant.pending ??= this.acquire(tenantId, tenant).finally(() => {
      delete tenant.pending;
    });
    return tenant.pending;
  }

  async close(): Promise<void> {
    await this.endpoint.close();
  }

  private async acquire(tenantId: string, tenant: Tenant): Promise<AppToken> {
    const askedAtMs = this.nowMs();
    try {
      const result = await tenant.application.acquireTokenByClientCredential({ scopes: [this.options.scope], skipCache: true });
      if (!result?.expiresOn) throw new Error('the answer has no token');
      const expiresAtMs = result.expiresOn.getTime();
      const renewAtMs = expiresAtMs - Math.min(RENEW_BEFORE_MS, (expiresAtMs - askedAtMs) / 5);
      tenant.current = { value: result.accessToken, expiresAtMs, renewAtMs, roles: rolesOf(result.accessToken) };
      return tenant.current;
    } catch (error) {
      throw tokenErrorOf(error, { authority: this.options.authority, clientId: this.options.clientId, tenantId });
    }
  }

  private tenant(tenantId: string): Tenant {
    const key = tenantId.toLowerCase();
    let tenant = this.tenants.get(key);
    if (!tenant) {
      if (!TENANT.test(key)) throw new GraphTokenError('TOKEN_REFUSED', 'A tenant must be a GUID or a domain name.');
      tenant = { application: this.application(key) };
      this.tenants.set(key, tenant);
    }
    return tenant;
  }

  /** With the authority's metadata given, msal asks the network for nothing but the token. */
  private application(tenantId: string): ConfidentialClientApplication {
    const { host, origin } = new URL(this.options.authority);
    const authority = `${origin}/${tenantId}`;
    return new ConfidentialClientApplication({
      auth: {
        clientId: this.options.clientId,
        clientSecret: this.options.clientSecret,
        authority,
        knownAuthorities: [host],
        authorityMetadata: JSON.stringify({
          issuer: `${authority}/v2.0`,
          authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
          token_endpoint: `${authority}/oauth2/v2.0/token`,
          jwks_uri: `${authority}/discovery/v2.0/keys`,
        }),
      },
      system: { networkClient: this.endpoint, disableInternalRetries: true },
    });
  }
}

function rolesOf(token: string): string[] {
  try {
    const { roles } = decodeJwt<{ roles?: unknown }>(token);
    return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
  } catch {
    return [];
  }
}
