import { errors, jwtVerify, type JWTPayload } from 'jose';
import { CallbackTokenError } from './errors.js';
import { ProvenTokens } from './proven-tokens.js';
import { SigningKeys, type KeySet } from './signing-keys.js';

export interface CallbackTokensOptions {
  /** Microsoft's: https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration. Only its jwks_uri is used; its issuer need not be a token's. */
  readonly openIdUrl: string;
  /** Accepted exactly as they are written, such as https://graph.microsoft.com; with a slash at the end it is another issuer. */
  readonly issuers: readonly string[];
  /** @default 120 */
  readonly clockToleranceSeconds?: number;
  /** From which age on keys count as old: they are fetched anew at half of it, and every 5 s while there are none. @default 600000 */
  readonly maxAgeMs?: number;
  /** How long the last good keys serve while new ones cannot be fetched. @default 86400000 */
  readonly keepKeysMs?: number;
  /** Milliseconds for which a key stays valid after a fetch no longer returns it, for callbacks in flight. @default 60000 */
  readonly withdrawnKeysMs?: number;
  /** Shortest time between two fetches caused by unknown keys. @default 1000 */
  readonly cooldownMs?: number;
  /** Milliseconds for which a token with an unknown key waits for a fetch. If it covers the cooldown and one fetch, none of Graph’s tokens is refused. @default 2000 */
  readonly maxWaitMs?: number;
  /** For each of the two documents. @default 5000 */
  readonly requestTimeoutMs?: number;
  /** How many proven tokens are remembered until they expire. @default 10000 */
  readonly maxRemembered?: number;
  /** Hears why keys could not be fetched. */
  readonly onFetchFailed?: (error: unknown) => void;
}

/** What a verified callback token proved. */
export interface CallbackClaims {
  readonly tenantId: string;
  /** The app that the callback is for: the token's audience. */
  readonly appId: string;
  readonly issuer: string;
  /** The `appid` claim: the service that made the token. Null if it has none. */
  readonly callerAppId: string | null;
}

const RETRY_WITHOUT_KEYS_MS = 5_000;
/** A real token has about 1 KB. */
const MAX_TOKEN_LENGTH = 8 * 1024;
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/**
 * Proves that a callback comes from Graph, for one app and one tenant.
 * Nothing in the token chooses how it is checked: algorithm, keys and issuers come from configuration.
 * @see https://learn.microsoft.com/microsoftteams/platform/bots/calls-and-meetings/call-notifications
 */
export class CallbackTokens {
  private readonly keys: SigningKeys;
  private readonly proven: ProvenTokens;
  private readonly refreshIntervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: CallbackTokensOptions) {
    this.refreshIntervalMs = (options.maxAgeMs ?? 10 * 60 * 1_000) / 2;
    this.proven = new ProvenTokens(options.maxRemembered ?? 10_000);
    this.keys = new SigningKeys({
      openIdUrl: options.openIdUrl,
      requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
      keepMs: options.keepKeysMs ?? 24 * 60 * 60 * 1_000,
      withdrawnMs: options.withdrawnKeysMs ?? 60_000,
      cooldownMs: options.cooldownMs ?? 1_000,
      onFailure: options.onFetchFailed ?? (() => undefined),
    });
  }

  /** Fetches the keys and keeps them fresh. Resolves after the first attempt, whatever came of it: see isReady. */
  async start(): Promise<void> {
    await this.refreshAndSchedule();
  }

  /** Whether there are keys to check with. */
  isReady(): boolean {
    return this.keys.current() !== undefined;
  }

  /** How many keys there are to check with, and how long ago they were read: NaN ms when they never were. */
  knownKeys(): { readonly count: number; readonly ageMs: number } {
    return { count: this.keys.count(), ageMs: this.keys.ageMs() };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.keys.close();
  }

  /**
   * @param authorizationHeader as it came, «Bearer …»
   * @param expected the app and tenant that the callback's address names
   * @param beforeWait called when no known key proves the token, before it waits for a fetch; may throw to prevent the wait
   * @throws CallbackTokenError
   */
  async verify(
    authorizationHeader: string | undefined,
    expected: { readonly audience: string; readonly tenantId: string },
    beforeWait: () => void = () => undefined,
  ): Promise<CallbackClaims> {
    const { iss, aud, tid, appid, iat } = await this.claimsOf(tokenOf(authorizationHeader), beforeWait);
    // Not a list that names ours among others.
    if (aud !== expected.audience) throw invalid('its audience is not exactly the app');
    if (typeof tid !== 'string' || tid.toLowerCase() !== expected.tenantId.toLowerCase())
      throw invalid('it is of another tenant');
    // jose does not look at the time of issue.
    if (typeof iat === 'number' && iat > Date.now() / 1_000 + this.clockToleranceSeconds)
      throw invalid('it was issued in the future');
    return { tenantId: tid, appId: aud, issuer: iss ?? '', callerAppId: typeof appid === 'string' ? appid : null };
  }

  /** Signature, issuer and times are checked once in a token's life; whom it is for, each time that it comes. */
  private async claimsOf(token: string, beforeWait: () => void): Promise<JWTPayload> {
    const claims = await this.claimsByKeysAtHand(token);
    if (claims !== null) return claims;
    beforeWait();
    return this.claimsByFetchedKeys(token);
  }

  /** @returns null when the token's key is none of the known keys */
  private async claimsByKeysAtHand(token: string): Promise<JWTPayload | null> {
    for (const keys of this.keys.usable()) {
      const claims = this.proven.claimsOf(token, keys, Date.now()) ?? (await this.prove(token, keys));
      if (claims !== null) return claims;
    }
    return null;
  }

  /** The token's key is new, or forged. A fetch that began after the token came tells which. */
  private async claimsByFetchedKeys(token: string): Promise<JWTPayload> {
    const cameAtMs = performance.now();
    const { maxWaitMs = 2_000 } = this.options;
    for (;;) {
      const fetch = await this.keys.fetchedBy(cameAtMs + maxWaitMs);
      if (fetch === null) throw unavailable(`no fetch of them ends within ${maxWaitMs} ms`);
      if (!fetch.hasSucceeded) throw unavailable('they cannot be fetched');
      const claims = await this.claimsByKeysAtHand(token);
      if (claims !== null) return claims;
      if (fetch.begunAtMs >= cameAtMs) throw invalid('no key of Graph’s made its signature');
    }
  }

  /** @returns null when the token's key is not among these */
  private async prove(token: string, keys: KeySet): Promise<JWTPayload | null> {
    const verified = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer: [...this.options.issuers],
      requiredClaims: ['iss', 'aud', 'exp', 'tid'],
      clockTolerance: this.clockToleranceSeconds,
    }).catch((error: unknown) => {
      if (error instanceof errors.JWKSNoMatchingKey) return null;
      throw invalid(reasonOf(error), error);
    });
    if (verified === null) return null;
    const { typ } = verified.protectedHeader;
    if (typ !== undefined && typ.toUpperCase() !== 'JWT') throw invalid('it is a token of another type');
    const { exp = 0 } = verified.payload;
    this.proven.add(token, verified.payload, keys, (exp + this.clockToleranceSeconds) * 1_000);
    return verified.payload;
  }

  private get clockToleranceSeconds(): number {
    return this.options.clockToleranceSeconds ?? 120;
  }

  private async refreshAndSchedule(): Promise<void> {
    await this.keys.refresh();
    if (this.isClosed) return;
    const waitMs = this.isReady() ? this.refreshIntervalMs : Math.min(this.refreshIntervalMs, RETRY_WITHOUT_KEYS_MS);
    this.timer = setTimeout(() => void this.refreshAndSchedule(), waitMs).unref();
  }
}

function tokenOf(authorizationHeader: string | undefined): string {
  if (authorizationHeader === undefined || authorizationHeader === '') {
    throw new CallbackTokenError('TOKEN_MISSING', 'The callback has no Authorization header with a bearer token.');
  }
  if (authorizationHeader.length > MAX_TOKEN_LENGTH) throw invalid(`it is longer than ${MAX_TOKEN_LENGTH} characters`);
  const token = BEARER.exec(authorizationHeader)?.[1];
  if (token === undefined) throw invalid('it is not one signed bearer token');
  return token;
}

/** Once its signature is proven, an issuer that nobody has configured is Graph's own, and worth to be known. */
function reasonOf(error: unknown): string {
  const isIssuer = error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss';
  if (isIssuer) return `its issuer, ${String(error.payload.iss)}, is not one of those configured`;
  return error instanceof Error ? error.message : String(error);
}

function invalid(reason: string, cause?: unknown): CallbackTokenError {
  return new CallbackTokenError('TOKEN_INVALID', `The callback’s token does not prove that Graph sent it: ${reason}.`, { cause });
}

function unavailable(reason: string): CallbackTokenError {
  return new CallbackTokenError(
    'KEYS_UNAVAILABLE',
    `No key at hand proves the callback’s token, and ${reason}; check the OpenID address and the way to it.`,
  );
}
