import type { JWTPayload } from 'jose';
import { invalidToken, OidcTokens, type OidcTokensOptions } from '../tokens/oidc-tokens.js';

/** What a verified callback token proved. */
export interface CallbackClaims {
  readonly tenantId: string;
  /** The app that the callback is for: the token's audience. */
  readonly appId: string;
  readonly issuer: string;
  /** The `appid` claim: the service that made the token. Null if it has none. */
  readonly callerAppId: string | null;
}

/** A real token has about 1 KB. */
const MAX_TOKEN_LENGTH = 8 * 1024;

/**
 * Proves that a callback comes from Graph, for one app and one tenant.
 * Microsoft's OpenID document is https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration, an issuer https://graph.microsoft.com.
 * @see https://learn.microsoft.com/microsoftteams/platform/bots/calls-and-meetings/call-notifications
 */
export class CallbackTokens extends OidcTokens {
  constructor(options: OidcTokensOptions) {
    super(options, MAX_TOKEN_LENGTH);
  }

  /**
   * @param authorizationHeader as it came, «Bearer …»
   * @param expected the app and tenant that the callback's address names
   * @param beforeWait called when no known key proves the token, before it waits for a fetch; may throw to prevent the wait
   * @throws TokenError
   */
  async verify(
    authorizationHeader: string | undefined,
    expected: { readonly audience: string; readonly tenantId: string },
    beforeWait?: () => void,
  ): Promise<CallbackClaims> {
    return this.prove(authorizationHeader, (claims) => this.callbackClaimsOf(claims, expected), beforeWait);
  }

  private callbackClaimsOf(
    { iss, aud, tid, appid, iat }: JWTPayload,
    expected: { readonly audience: string; readonly tenantId: string },
  ): CallbackClaims {
    // Not a list that names ours among others.
    if (aud !== expected.audience) throw invalidToken('its audience is not exactly the app');
    if (typeof tid !== 'string' || tid.toLowerCase() !== expected.tenantId.toLowerCase())
      throw invalidToken('it is of another tenant');
    // jose does not look at the time of issue.
    if (typeof iat === 'number' && iat > Date.now() / 1_000 + this.clockToleranceSeconds)
      throw invalidToken('it was issued in the future');
    return { tenantId: tid, appId: aud, issuer: iss ?? '', callerAppId: typeof appid === 'string' ? appid : null };
  }
}
