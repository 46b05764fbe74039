import { invalidToken, OidcTokens, TokenError, type OidcTokensOptions } from '@callbus/graph';
import type { JWTPayload } from 'jose';
import { ApiError, unauthorized, unavailable } from '../http/api-error.js';

/** Who asks: an application, by its own token, or where that is allowed by a person’s. */
export interface Caller {
  readonly appId: string;
  readonly tenantId: string;
  readonly roles: readonly string[];
}

export interface CallerTokensOptions extends OidcTokensOptions {
  readonly audience: string;
  /** Whether tokens that an application got for a person count. @default false */
  readonly delegatedTokens?: boolean;
}

/** A token may list many roles. */
const MAX_TOKEN_LENGTH = 16 * 1024;
const RETRY_AFTER_SECONDS = 5;

/** Proves by a bearer token which application calls, and in which tenant. */
export class CallerTokens extends OidcTokens {
  constructor(private readonly rules: CallerTokensOptions) {
    super(rules, MAX_TOKEN_LENGTH);
  }

  /** @throws ApiError 401; 403 for a person’s token where only applications may call; 503 while no fetch of keys succeeds */
  async verify(authorization: string | undefined): Promise<Caller> {
    try {
      return await this.prove(authorization, (claims) => callerOf(claims, this.rules));
    } catch (error) {
      throw error instanceof TokenError ? apiErrorOf(error) : error;
    }
  }

  /**
   * Whether the token may be genuine: its claims are a caller's, and a known key fits its header. The signature is not checked.
   */
  isPlausible(authorization: string | undefined): Promise<boolean> {
    return this.mayBeProven(authorization, (claims) => callerOf(claims, this.rules));
  }
}

function apiErrorOf(error: TokenError): ApiError {
  if (error.code !== 'KEYS_UNAVAILABLE') return unauthorized(error.message, error);
  return unavailable('The keys of callers’ tokens cannot be had now; try again.', RETRY_AFTER_SECONDS, error);
}

function callerOf(payload: JWTPayload, { audience, delegatedTokens = false }: CallerTokensOptions): Caller {
  const { aud, tid, azp, appid, roles, scp, idtyp } = payload as JWTPayload & Record<string, unknown>;
  const appId = typeof azp === 'string' ? azp : appid;
  if (aud !== audience) throw invalidToken('its audience is not exactly this gateway');
  if (typeof tid !== 'string' || typeof appId !== 'string') throw invalidToken('it names no tenant or no application');
  const isDelegated = scp !== undefined || (idtyp !== undefined && idtyp !== 'app');
  if (isDelegated && !delegatedTokens) {
    throw new ApiError(
      403,
      'Forbidden',
      'The token is a person’s; call with a token of the application itself (client credentials).',
    );
  }
  return {
    appId: appId.toLowerCase(),
    tenantId: tid.toLowerCase(),
    roles: isDelegated ? scopesOf(scp) : rolesOf(roles),
  };
}

/** In a token for a person, the scopes say what the application may do. The roles in it belong to the person and do not count. */
function scopesOf(scp: unknown): readonly string[] {
  return typeof scp === 'string' ? scp.split(' ') : [];
}

function rolesOf(roles: unknown): readonly string[] {
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}
