import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { Agent, request } from 'undici';
import { memberOf, parseJson, textOf } from './json-value.js';

export interface SigningKeysOptions {
  readonly openIdUrl: string;
  readonly requestTimeoutMs: number;
  /** How long keys serve that could not be fetched again. */
  readonly keepMs: number;
  /** The shortest time between two fetches that tokens cause, however many tokens there are. */
  readonly cooldownMs: number;
  readonly onFailure: (error: unknown) => void;
}

export type KeySet = ReturnType<typeof createLocalJWKSet>;
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
  private pending: Promise<boolean> | undefined;
  private lastTry: { readonly atMs: number; readonly hasSucceeded: boolean } | undefined;

  constructor(private readonly options: SigningKeysOptions) {
    const { requestTimeoutMs } = options;
    this.agent = new Agent({ allowH2: false, connect: { timeout: requestTimeoutMs }, maxResponseSize: MAX_DOCUMENT_BYTES });
  }

  /** The keys to check with, the same object until the keys change; undefined when there are none, or none fresh enough. */
  current(): KeySet | undefined {
    if (!this.keys || performance.now() - this.keys.fetchedAtMs > this.options.keepMs) return undefined;
    return this.keys.set;
  }

  /** How many keys there are to check with. */
  count(): number {
    return this.current() === undefined ? 0 : (this.keys?.count ?? 0);
  }

  /** Milliseconds since the keys were read; NaN when they never were. */
  ageMs(): number {
    return this.keys === undefined ? NaN : performance.now() - this.keys.fetchedAtMs;
  }

  /** Fetches now; one fetch at a time, which all who ask meanwhile share. Never rejects. @returns whether the keys are now the newest */
  async refresh(): Promise<boolean> {
    this.pending ??= this.tryFetch().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  /** Fetches unless that was done a moment ago, in which case it tells how that went. */
  async refreshOnDemand(): Promise<boolean> {
    const { lastTry } = this;
    if (!this.pending && lastTry && performance.now() - lastTry.atMs < this.options.cooldownMs) return lastTry.hasSucceeded;
    return this.refresh();
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async tryFetch(): Promise<boolean> {
    const hasSucceeded = await this.fetchKeys().then(
      (keys) => {
        this.keys = keys;
        return true;
      },
      (error: unknown) => {
        this.options.onFailure(error);
        return false;
      },
    );
    this.lastTry = { atMs: performance.now(), hasSucceeded };
    return hasSucceeded;
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
