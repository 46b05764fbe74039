import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import { messageOf, TokenError } from '../errors.js';
import { ProvenTokens } from './proven-tokens.js';
import { SigningKeys, type KeySet } from './signing-keys.js';

export interface OidcTokensOptions {
  /** Address of the provider's OpenID document. Only its jwks_uri is used; its issuer may be another than the tokens'. */
  readonly openIdUrl: string;
  /**
   * Accepted issuers, compared character by character: one with a slash at the end is another. `{tenantId}` stands for the
   * token's `tid`.
   */
  readonly issuers: readonly string[];
  /** @default 120 */
  readonly clockToleranceSeconds?: number;
  /**
   * Age from which keys count as old, in milliseconds. They are fetched anew at half of it, and every 5 s while there are none.
   * @default 600000
   */
  readonly maxAgeMs?: number;
  /** Milliseconds for which the last good keys serve while new ones cannot be fetched. @default 86400000 */
  readonly keepKeysMs?: number;
  /** Milliseconds for which a key stays valid after a fetch no longer returns it, for requests in flight. @default 60000 */
  readonly withdrawnKeysMs?: number;
  /** Shortest time between two fetches caused by unknown keys, whether they succeed or fail, in milliseconds. @default 1000 */
  readonly cooldownMs?: number;
  /** Milliseconds for which a token with an unknown key waits for a fetch. If it covers the cooldown and one fetch, no genuine token is refused. @default 2000 */
  readonly maxWaitMs?: number;
  /** Time-out of a request for the OpenID document or the keys, in milliseconds. @default 5000 */
  readonly requestTimeoutMs?: number;
  /** How many proven tokens are remembered until they expire. @default 10000 */
  readonly maxRemembered?: number;
  /** Called with the reason when keys could not be fetched. */
  readonly onFetchFailed?: (error: unknown) => void;
}

const RETRY_WITHOUT_KEYS_MS = 5_000;
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/**
 * Proves bearer tokens that an OpenID provider signed: their signature, issuer, times and type. Each subclass checks whom a token
 * is for, before the token counts as proven. Nothing in the token chooses how it is checked: algorithm, keys and issuers come
 * from configuration.
 */
export abstract class OidcTokens {
  private readonly keys: SigningKeys;
  private readonly proven: ProvenTokens;
  private readonly refreshIntervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @param maxTokenLength a longer Authorization header is refused unread */
  constructor(
    private readonly options: OidcTokensOptions,
    private readonly maxTokenLength: number,
  ) {
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

  /** Fetches the keys and keeps them fresh. Resolves after the first attempt, even a failed one: see isReady. */
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

  /** Whether the token was proven before and still is, so that its check costs next to nothing. */
  isProven(authorizationHeader: string | undefined): boolean {
    const token = BEARER.exec(authorizationHeader?.slice(0, this.maxTokenLength) ?? '')?.[1];
    return token !== undefined && this.keys.usable().some((keys) => this.proven.claimsOf(token, keys, Date.now()) !== undefined);
  }

  /**
   * Whether a full check may succeed: a known key fits the token's header, and its claims, not yet proven, are acceptable.
   * @param read as for `prove`
   */
  protected async mayBeProven(authorizationHeader: string | undefined, read: (claims: JWTPayload) => object): Promise<boolean> {
    try {
      const token = tokenOf(authorizationHeader, this.maxTokenLength);
      const { alg, kid } = decodeProtectedHeader(token);
      const claims = decodeJwt(token);
      this.requireIssuer(claims);
      read(claims);
      if (alg !== 'RS256' || !((claims.exp ?? 0) + this.clockToleranceSeconds > Date.now() / 1_000)) return false;
      await Promise.any(this.keys.usable().map((keys) => keys({ alg, ...(kid !== undefined && { kid }) })));
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.keys.close();
  }

  /**
   * Proves a token. Its signature, issuer and times are checked once, and the proof is remembered while its key is published.
   * @param authorizationHeader as it came, «Bearer …»
   * @param read checks and translates the claims; if it throws, the token is not remembered as proven
   * @param beforeWait called when no known key proves the token, before it waits for a fetch; may throw to prevent the wait
   * @returns what `read` returned
   * @throws TokenError, or what `read` throws
   */
  protected async prove<T extends object>(
    authorizationHeader: string | undefined,
    read: (claims: JWTPayload) => T,
    beforeWait: () => void = () => undefined,
  ): Promise<T> {
    const token = tokenOf(authorizationHeader, this.maxTokenLength);
    const proven = await this.proveByKeysAtHand(token, read);
    if (proven !== null) return proven;
    beforeWait();
    return this.proveByFetchedKeys(token, read);
  }

  /** @returns null when the token's key is none of the known keys */
  private async proveByKeysAtHand<T>(token: string, read: (claims: JWTPayload) => T): Promise<T | null> {
    for (const keys of this.keys.usable()) {
      const known = this.proven.claimsOf(token, keys, Date.now());
      if (known !== undefined) return read(known);
      const claims = await this.verified(token, keys);
      if (claims === null) continue;
      const result = read(claims);
      this.proven.add(token, claims, keys, ((claims.exp ?? 0) + this.clockToleranceSeconds) * 1_000);
      return result;
    }
    return null;
  }

  /** The token's key is new, or forged. A fetch that began after the token came tells which. */
  private async proveByFetchedKeys<T>(token: string, read: (claims: JWTPayload) => T): Promise<T> {
    const cameAtMs = performance.now();
    const { maxWaitMs = 2_000 } = this.options;
    for (;;) {
      const fetch = await this.keys.fetchedBy(cameAtMs + maxWaitMs);
      if (fetch === null) throw unavailable(`no fetch of them ends within ${maxWaitMs} ms`);
      if (!fetch.hasSucceeded) throw unavailable('they cannot be fetched');
      const proven = await this.proveByKeysAtHand(token, read);
      if (proven !== null) return proven;
      if (fetch.begunAtMs >= cameAtMs) throw invalidToken('none of the published keys made its signature');
    }
  }

  /** @returns null when the token's key is not among these */
  private async verified(token: string, keys: KeySet): Promise<JWTPayload | null> {
    const verified = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      requiredClaims: ['iss', 'aud', 'exp', 'tid'],
      clockTolerance: this.clockToleranceSeconds,
    }).catch((error: unknown) => {
      if (error instanceof errors.JWKSNoMatchingKey) return null;
      throw invalidToken(messageOf(error), error);
    });
    if (verified === null) return null;
    this.requireIssuer(verified.payload);
    const { typ } = verified.protectedHeader;
    if (typ !== undefined && typ.toUpperCase() !== 'JWT') throw invalidToken('it is a token of another type');
    return verified.payload;
  }

  /** The error names the issuer. Senders see it only after the signature is proven. */
  private requireIssuer({ iss, tid }: JWTPayload): void {
    if (this.options.issuers.some((issuer) => issuer.replace('{tenantId}', () => String(tid)) === iss)) return;
    throw invalidToken(`its issuer, ${String(iss)}, is not one of those configured`);
  }

  protected get clockToleranceSeconds(): number {
    return this.options.clockToleranceSeconds ?? 120;
  }

  private async refreshAndSchedule(): Promise<void> {
    await this.keys.refresh();
    if (this.isClosed) return;
    const waitMs = this.isReady() ? this.refreshIntervalMs : Math.min(this.refreshIntervalMs, RETRY_WITHOUT_KEYS_MS);
    this.timer = setTimeout(() => void this.refreshAndSchedule(), waitMs).unref();
  }
}

function tokenOf(authorizationHeader: string | undefined, maxLength: number): string {
  if (authorizationHeader === undefined || authorizationHeader === '') {
    throw new TokenError('TOKEN_MISSING', 'The request has no Authorization header with a bearer token.');
  }
  if (authorizationHeader.length > maxLength) throw invalidToken(`it is longer than ${maxLength} characters`);
  const token = BEARER.exec(authorizationHeader)?.[1];
  if (token === undefined) throw invalidToken('it is not one signed bearer token');
  return token;
}

export function invalidToken(reason: string, cause?: unknown): TokenError {
  return new TokenError('TOKEN_INVALID', `The token is not valid here: ${reason}.`, { cause });
}

function unavailable(reason: string): TokenError {
  return new TokenError(
    'KEYS_UNAVAILABLE',
    `No key at hand proves the token, and ${reason}; check the OpenID address and the way to it.`,
  );
}
