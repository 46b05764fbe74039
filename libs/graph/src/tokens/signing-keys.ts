import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { Agent, request } from 'undici';
import { memberOf, parseJson, textOf } from '../json-value.js';

export interface SigningKeysOptions {
  readonly openIdUrl: string;
  readonly requestTimeoutMs: number;
  /** How long keys serve that could not be fetched again. */
  readonly keepMs: number;
  /** Milliseconds for which a key stays valid after a fetch no longer returns it. */
  readonly withdrawnMs: number;
  /** The shortest time between two fetches that tokens cause, however many tokens there are. */
  readonly cooldownMs: number;
  readonly onFailure: (error: unknown) => void;
}

export type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The result of a finished fetch. */
export interface KeyFetch {
  /** On the monotonic clock. */
  readonly begunAtMs: number;
  readonly hasSucceeded: boolean;
}

const MAX_DOCUMENT_BYTES = 1024 * 1024;

interface KeptKeys {
  readonly document: string;
  readonly set: KeySet;
  readonly count: number;
  readonly fetchedAtMs: number;
}

/** The public keys behind an OpenID document. The last good ones are kept while new ones cannot be fetched. */
export class SigningKeys {
  private readonly agent: Agent;
  private keys: KeptKeys | undefined;
  /** The keys before the current ones, still valid for a while. */
  private withdrawn: { readonly set: KeySet; readonly untilMs: number } | undefined;
  private pending: Promise<KeyFetch> | undefined;
  /** The next fetch that tokens cause, while it waits for the end of the cooldown. */
  private next: Promise<KeyFetch> | undefined;
  private coolUntilMs = -Infinity;

  constructor(private readonly options: SigningKeysOptions) {
    const { requestTimeoutMs } = options;
    this.agent = new Agent({ allowH2: false, connect: { timeout: requestTimeoutMs }, maxResponseSize: MAX_DOCUMENT_BYTES });
  }

  /** The keys to check with, the same object until the keys change; undefined when there are none, or none fresh enough. */
  current(): KeySet | undefined {
    if (!this.keys || performance.now() - this.keys.fetchedAtMs > this.options.keepMs) return undefined;
    return this.keys.set;
  }

  /** All valid keys: the current ones, and for a while those that they replaced. */
  usable(): readonly KeySet[] {
    const { withdrawn } = this;
    const current = this.current();
    if (current === undefined) return [];
    return withdrawn !== undefined && performance.now() < withdrawn.untilMs ? [current, withdrawn.set] : [current];
  }

  /** How many keys there are to check with. */
  count(): number {
    return this.current() === undefined ? 0 : (this.keys?.count ?? 0);
  }

  /** Milliseconds since the keys were read; NaN when they never were. */
  ageMs(): number {
    return this.keys === undefined ? NaN : performance.now() - this.keys.fetchedAtMs;
  }

  /** Fetches now. Concurrent callers share one fetch. Never rejects. */
  refresh(): Promise<KeyFetch> {
    this.pending ??= this.tryFetch().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  /**
   * Waits for the fetch in flight, or for the next one that the cooldown allows; all waiting tokens share it.
   * @param deadlineMs on the monotonic clock
   * @returns null when no fetch ends by then
   */
  async fetchedBy(deadlineMs: number): Promise<KeyFetch | null> {
    const fetch = this.pending ?? this.fetchAfterCooldown(deadlineMs);
    return fetch === null ? null : settledBy(fetch, deadlineMs);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** Fetches because of a token, after the cooldown. @returns null when the cooldown ends after the deadline */
  private fetchAfterCooldown(deadlineMs: number): Promise<KeyFetch> | null {
    if (this.coolUntilMs >= deadlineMs) return null;
    this.next ??= this.cooled()
      .then(() => this.refresh())
      .finally(() => {
        this.next = undefined;
        this.coolUntilMs = performance.now() + this.options.cooldownMs;
      });
    return this.next;
  }

  private async cooled(): Promise<void> {
    const waitMs = this.coolUntilMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
  }

  private async tryFetch(): Promise<KeyFetch> {
    const begunAtMs = performance.now();
    try {
      this.take(await this.fetchKeys());
      return { begunAtMs, hasSucceeded: true };
    } catch (error) {
      this.options.onFailure(error);
      return { begunAtMs, hasSucceeded: false };
    }
  }

  private take(fetched: KeptKeys): void {
    const before = this.current();
    if (before !== undefined && before !== fetched.set)
      this.withdrawn = { set: before, untilMs: performance.now() + this.options.withdrawnMs };
    this.keys = fetched;
  }

  private async fetchKeys(): Promise<KeptKeys> {
    const jwksUri = textOf(parseJson(await this.document(this.options.openIdUrl)), 'jwks_uri');
    if (jwksUri === undefined) throw new Error('the OpenID document has no jwks_uri');
    const { protocol } = new URL(this.options.openIdUrl);
    if (new URL(jwksUri).protocol !== protocol) throw new Error(`the OpenID document names a jwks_uri that is not ${protocol}//`);
    const document = await this.document(jwksUri);
    const fetchedAtMs = performance.now();
    if (document === this.keys?.document) return { ...this.keys, fetchedAtMs };
    const jwks = parseJson(document);
    const keys = memberOf(jwks, 'keys');
    if (!Array.isArray(keys) || keys.length === 0) throw new Error('the key document has no keys');
    return { document, set: createLocalJWKSet(jwks as JSONWebKeySet), count: keys.length, fetchedAtMs };
  }

  private async document(url: string): Promise<string> {
    const signal = AbortSignal.timeout(this.options.requestTimeoutMs);
    const { statusCode, body } = await request(url, { dispatcher: this.agent, signal });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
    return text;
  }
}

/** @returns null when the promise has not settled by then */
async function settledBy<T>(promise: Promise<T>, deadlineMs: number): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, deadlineMs - performance.now(), null);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
