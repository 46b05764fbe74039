import { hash } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { ApiError, unauthorized, unavailable } from './api-error.js';

/** Who asks: an application, by its own token, or where that is allowed by a person’s. */
export interface Caller {
  readonly appId: string;
  readonly tenantId: string;
  readonly roles: readonly string[];
}

export interface CallerTokensOptions {
  readonly openIdUrl: string;
  /** `{tenantId}` stands for the token's own tenant. */
  readonly issuers: readonly string[];
  readonly audience: string;
  /** Whether tokens that an application got for a person count. @default false */
  readonly delegatedTokens?: boolean;
  /** @default 60 */
  readonly clockToleranceSeconds?: number;
  /** How often keys are fetched in the background. @default 3600000 */
  readonly refreshIntervalMs?: number;
  /** The shortest time between fetches for the sake of an unknown key. @default 30000 */
  readonly cooldownMs?: number;
}

const REQUEST_TIMEOUT_MS = 5_000;
const RETRY_WITHOUT_KEYS_MS = 2_000;
const MAX_TOKEN_LENGTH = 16 * 1024;
const MAX_REMEMBERED = 10_000;
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

type Keys = ReturnType<typeof createRemoteJWKSet>;

/**
 * Proves who calls. A verified token is remembered until it expires, since verifying is most of a request's work. The last
 * good keys serve for as long as new ones cannot be fetched.
 */
export class CallerTokens {
  private keys: Keys | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private lastFailure: unknown;
  /** By the token's hash: tokens are large, and are kept nowhere. */
  private readonly remembered = new Map<string, { readonly caller: Caller; readonly untilMs: number }>();

  constructor(
    private readonly options: CallerTokensOptions,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Fetches the keys and keeps them fresh. Resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    await this.refresh();
    if (this.isClosed) return;
    const waitMs = this.isReady() ? (this.options.refreshIntervalMs ?? 60 * 60_000) : RETRY_WITHOUT_KEYS_MS;
    this.timer = setTimeout(() => void this.start(), waitMs).unref();
  }

  isReady(): boolean {
    return this.keys !== undefined;
  }

  /** Why the keys could not be fetched the last time that it failed. */
  whyNot(): string {
    return this.lastFailure instanceof Error ? this.lastFailure.message : 'they were not fetched yet';
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  /** @throws ApiError 401; 403 for a person’s token where only applications may call; 503 while there are no keys */
  async verify(authorization: string | undefined): Promise<Caller> {
    const token = tokenOf(authorization);
    const name = hash('sha256', token, 'base64');
    const known = this.remembered.get(name);
    if (known !== undefined && this.nowMs() < known.untilMs) return known.caller;
    const payload = await this.payloadOf(token);
    const caller = callerOf(payload, this.options);
    this.remember(name, caller, (payload.exp ?? 0) * 1_000);
    return caller;
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    if (this.keys === undefined) throw unavailable('The keys of callers’ tokens cannot be had now; try again.', 5);
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        algorithms: ['RS256'],
        audience: this.options.audience,
        requiredClaims: ['iss', 'aud', 'exp', 'tid'],
        clockTolerance: this.options.clockToleranceSeconds ?? 60,
      });
      return payload;
    } catch (error) {
      if (!isOfToken(error)) throw unavailable('The keys of callers’ tokens cannot be had now; try again.', 5, error);
      throw unauthorized(`The token is not valid here: ${error.message}.`, error);
    }
  }

  private remember(name: string, caller: Caller, untilMs: number): void {
    const oldest = this.remembered.keys().next();
    if (this.remembered.size >= MAX_REMEMBERED && oldest.done !== true) this.remembered.delete(oldest.value);
    this.remembered.set(name, { caller, untilMs });
  }

  /** What fails leaves the keys as they are; readiness and the answers say so while there are none. */
  private async refresh(): Promise<void> {
    try {
      if (this.keys === undefined) {
        const keys = createRemoteJWKSet(await this.keysUrl(), {
          cacheMaxAge: Infinity,
          cooldownDuration: this.options.cooldownMs ?? 30_000,
          timeoutDuration: REQUEST_TIMEOUT_MS,
        });
        await keys.reload();
        this.keys = keys;
      } else await this.keys.reload();
    } catch (error) {
      this.lastFailure = error;
    }
  }

  private async keysUrl(): Promise<URL> {
    const response = await fetch(this.options.openIdUrl, { redirect: 'error', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const { jwks_uri: keysUrl } = (await response.json()) as { jwks_uri?: unknown };
    if (typeof keysUrl !== 'string') throw new Error(`${this.options.openIdUrl} names no jwks_uri`);
    const url = new URL(keysUrl);
    const { protocol } = new URL(this.options.openIdUrl);
    if (url.protocol !== protocol) throw new Error(`${this.options.openIdUrl} names a jwks_uri that is not ${protocol}//`);
    return url;
  }
}

/** Whether it is the token that is at fault, and not the fetching of keys that it needed. */
function isOfToken(error: unknown): error is errors.JOSEError {
  if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) {
    return false;
  }
  // An answer that is no key document has no class of its own.
  return error.code !== errors.JOSEError.code;
}

function tokenOf(authorization: string | undefined): string {
  if (authorization === undefined) throw unauthorized('The request has no bearer token in its Authorization header.');
  const token = authorization.length > MAX_TOKEN_LENGTH ? undefined : BEARER.exec(authorization)?.[1];
  if (token === undefined) throw unauthorized('The Authorization header is not one signed bearer token.');
  return token;
}

function callerOf(payload: JWTPayload, { issuers, audience, delegatedTokens = false }: CallerTokensOptions): Caller {
  const { iss, aud, tid, azp, appid, roles, scp, idtyp } = payload as JWTPayload & Record<string, unknown>;
  const appId = typeof azp === 'string' ? azp : appid;
  if (aud !== audience) throw unauthorized('The token’s audience is not exactly this gateway.');
  if (typeof tid !== 'string' || typeof appId !== 'string') throw unauthorized('The token names no tenant or no application.');
  if (!issuers.some((issuer) => issuer.replace('{tenantId}', tid) === iss)) {
    throw unauthorized('The token’s issuer is not one that this gateway trusts.');
  }
  const isDelegated = scp !== undefined || idtyp === 'user';
  if (isDelegated && !delegatedTokens) {
    throw new ApiError(
      403,
      'Forbidden',
      'The token is a person’s; call with a token of the application itself (client credentials).',
    );
  }
  const scopes = typeof scp === 'string' ? scp.split(' ') : [];
  return {
    appId: appId.toLowerCase(),
    tenantId: tid.toLowerCase(),
    roles: [...(Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : []), ...scopes],
  };
}
