import { ConfidentialClientApplication } from '@azure/msal-node';
import { decodeJwt } from 'jose';
import { clientAuthenticationOf, type AppCredential } from './app-credential.js';
import { tokenErrorOf } from './token-error.js';
import type { TokenEndpointClient } from './token-endpoint-client.js';

export interface AppToken {
  /** Secret: it goes into one header and nowhere else. */
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** The application roles that the token says it carries; null if it does not say. */
  readonly roles: readonly string[] | null;
}

export interface ClientCredentialsGrantOptions {
  readonly authority: string;
  readonly appId: string;
  readonly tenantId: string;
  readonly credential: AppCredential;
  readonly scope: string;
  readonly endpoint: TokenEndpointClient;
}

/** The grant by which one app gets tokens in one tenant, from that tenant's own authority. */
export class ClientCredentialsGrant {
  private readonly application: ConfidentialClientApplication;

  constructor(private readonly options: ClientCredentialsGrantOptions) {
    const { appId, tenantId, credential, endpoint } = options;
    const { host, origin } = new URL(options.authority);
    const authority = `${origin}/${tenantId}`;
    this.application = new ConfidentialClientApplication({
      auth: {
        clientId: appId,
        ...clientAuthenticationOf(credential),
        authority,
        knownAuthorities: [host],
        // With the authority's metadata given, msal asks the network for nothing but the token.
        authorityMetadata: JSON.stringify({
          issuer: `${authority}/v2.0`,
          authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
          token_endpoint: `${authority}/oauth2/v2.0/token`,
          jwks_uri: `${authority}/discovery/v2.0/keys`,
        }),
      },
      system: { networkClient: endpoint, disableInternalRetries: true },
    });
  }

  /** One request to the token endpoint. @throws GraphTokenError */
  async request(): Promise<AppToken> {
    const { scope } = this.options;
    try {
      const result = await this.application.acquireTokenByClientCredential({ scopes: [scope], skipCache: true });
      if (!result?.expiresOn) throw new Error('the answer has no token');
      return { value: result.accessToken, expiresAtMs: result.expiresOn.getTime(), roles: rolesOf(result.accessToken) };
    } catch (error) {
      throw tokenErrorOf(error, this.options);
    }
  }
}

/** A token is opaque to all but whom it is for: one that cannot be read is as good as any. */
function rolesOf(token: string): string[] | null {
  try {
    const { roles } = decodeJwt<{ roles?: unknown }>(token);
    return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : null;
  } catch {
    return null;
  }
}
