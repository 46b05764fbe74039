import type { AppToken } from './client-credentials-grant.js';
import { GraphTokenError } from '../errors.js';

export interface RenewedTokenOptions {
  /** @throws GraphTokenError */
  readonly request: () => Promise<AppToken>;
  /** The time, ms since 1970. */
  readonly nowMs: () => number;
  /** From a request that failed to the next; it doubles up to LONGEST_RETRY_MS. */
  readonly firstRetryMs: number;
  /** Called after every request, with what went wrong; null when nothing did. */
  readonly onRequested: (failure: GraphTokenError | null) => void;
  /** Called when nobody asked any more, and it is renewed no longer. */
  readonly onUnused: () => void;
}

/** A token is renewed when this much of its life is left, or a fifth of it if that is less. */
const RENEW_BEFORE_MS = 5 * 60 * 1_000;
const LONGEST_RETRY_MS = 15_000;
/** Longest `Retry-After` of the authority that is obeyed, because without a token no call is dialled. */
const LONGEST_RETRY_AFTER_MS = 5 * 60 * 1_000;

/**
 * A token that is renewed in the background before it expires, for as long as somebody asks for it: another request is
 * made only if somebody has asked since the last one began. There is one request at a time, and until a token expires it
 * serves, whatever becomes of its renewal.
 */
export class RenewedToken {
  private token: AppToken | undefined;
  private tokenAskedAtMs = 0;
  private failure: GraphTokenError | null = null;
  private pending: Promise<AppToken> | undefined;
  /** Until the next request, be it a renewal or another try. */
  private timer: NodeJS.Timeout | undefined;
  private retryMs: number;
  private isWanted = false;
  private isClosed = false;

  constructor(private readonly options: RenewedTokenOptions) {
    this.retryMs = options.firstRetryMs;
  }

  /** The token, if there is a valid one. If there is none, it is requested in the background: `onRequested` tells. */
  atHand(): AppToken | undefined {
    this.isWanted = true;
    if (this.token !== undefined && this.options.nowMs() < this.token.expiresAtMs) return this.token;
    if (this.pending === undefined && this.failure === null) this.requestInBackground();
    return undefined;
  }

  /** What became of the last request; null when it went well, or is the first and under way. */
  get trouble(): GraphTokenError | null {
    return this.failure;
  }

  /** Of the token that there is, valid or not, ms since 1970. */
  get expiresAtMs(): number | undefined {
    return this.token?.expiresAtMs;
  }

  /** The valid token, else a new one. @throws GraphTokenError, at once while the next try after a failure is due later */
  async get(): Promise<AppToken> {
    return this.atHand() ?? (await this.refresh());
  }

  /** The valid token if it was asked for less than so long ago, else a new one. @throws GraphTokenError, as `get` does */
  async youngerThan(ageMs: number): Promise<AppToken> {
    const token = this.atHand();
    if (token !== undefined && this.options.nowMs() - this.tokenAskedAtMs < ageMs) return token;
    return this.refresh();
  }

  /** A new token even if there is a valid one. @throws GraphTokenError, as `get` does */
  async refresh(): Promise<AppToken> {
    if (this.pending !== undefined) return this.pending;
    this.isWanted = true;
    if (this.failure !== null) throw this.failure;
    return this.request();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private requestInBackground(): void {
    this.request().catch((error: unknown) => {
      // `onRequested` has it.
      if (!(error instanceof GraphTokenError)) throw error;
    });
  }

  private request(): Promise<AppToken> {
    this.isWanted = false;
    clearTimeout(this.timer);
    this.pending = this.requestOnce().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  private async requestOnce(): Promise<AppToken> {
    const askedAtMs = this.options.nowMs();
    let token: AppToken;
    try {
      token = await this.options.request();
    } catch (error) {
      if (error instanceof GraphTokenError) this.failed(error);
      throw error;
    }
    this.obtained(token, askedAtMs);
    return token;
  }

  private obtained(token: AppToken, askedAtMs: number): void {
    this.token = token;
    this.tokenAskedAtMs = askedAtMs;
    this.failure = null;
    this.retryMs = this.options.firstRetryMs;
    const lifeMs = token.expiresAtMs - askedAtMs;
    // A token that came without any life is no reason to ask again at once.
    this.schedule(Math.max(lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 5), this.options.firstRetryMs));
    this.options.onRequested(null);
  }

  private failed(failure: GraphTokenError): void {
    this.failure = failure;
    this.schedule(Math.max(this.retryMs, Math.min(failure.retryAfterMs, LONGEST_RETRY_AFTER_MS)));
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    this.options.onRequested(failure);
  }

  private schedule(waitMs: number): void {
    if (this.isClosed) return;
    this.timer = setTimeout(() => {
      if (this.isWanted) this.requestInBackground();
      else this.options.onUnused();
    }, waitMs).unref();
  }
}
