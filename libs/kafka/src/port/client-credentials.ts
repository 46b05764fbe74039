/** An OAuth 2 client, and where it gets its tokens. */
export interface ClientCredentialsOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

const REQUEST_TIMEOUT_MS = 10_000;

interface HeldToken {
  readonly value: string;
  /** Milliseconds since 1970: from the first on another one is asked for, to the second it serves if none can be had. */
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * Tokens by the client credentials grant (RFC 6749 §4.4). Every connection to a broker asks for one, and gets the one that is
 * held until half of its life is over; then until its end, should the token endpoint be away.
 */
export class ClientCredentials {
  private held: HeldToken | undefined;
  private asking: Promise<HeldToken> | undefined;

  constructor(
    private readonly options: ClientCredentialsOptions,
    private readonly now: () => number = Date.now,
  ) {}

  async token(): Promise<string> {
    const { held } = this;
    if (held !== undefined && this.now() < held.renewAtMs) return held.value;
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    try {
      this.held = await this.asking;
      return this.held.value;
    } catch (error) {
      if (held !== undefined && this.now() < held.expiresAtMs) return held.value;
      throw error;
    }
  }

  private async ask(): Promise<HeldToken> {
    const { tokenUrl, clientId, clientSecret, scope } = this.options;
    const askedAtMs = this.now();
    const response = await fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        ...(scope !== undefined && { scope }),
      }),
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${tokenUrl} answers ${String(response.status)} instead of a token for Kafka`);
    const { access_token: value, expires_in: seconds } = (await response.json()) as {
      access_token?: unknown;
      expires_in?: unknown;
    };
    if (typeof value !== 'string' || typeof seconds !== 'number') {
      throw new Error(`${tokenUrl} answers without access_token and expires_in`);
    }
    return { value, renewAtMs: askedAtMs + seconds * 500, expiresAtMs: askedAtMs + seconds * 1_000 };
  }
}
