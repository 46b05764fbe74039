import { errors, jwtVerify, type JWTPayload } from 'jose';
import { CallbackTokenError } from './errors.js';
import { SigningKeys } from './signing-keys.js';

export interface CallbackTokensOptions {
  /** Microsoft's: https://api.aps.skype.com/v1/.well-known/OpenIdConfiguration. Only its jwks_uri is used; its issuer need not be a token's. */
  readonly openIdUrl: string;
  /** Accepted as they are written, such as https://graph.microsoft.com and https://api.botframework.com. */
  readonly issuers: readonly string[];
  /** @default 120 */
  readonly clockToleranceSeconds?: number;
  /** How often the keys are fetched in the background, and at least every 5 s while there are none. @default 300000 */
  readonly refreshIntervalMs?: number;
  /** How long the last good keys serve while new ones cannot be fetched. @default 86400000 */
  readonly keepKeysMs?: number;
  /** The shortest time between fetches for the sake of an unknown key. @default 30000 */
  readonly cooldownMs?: number;
  /** For each of the two documents. @default 5000 */
  readonly requestTimeoutMs?: number;
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
  private readonly refreshIntervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: CallbackTokensOptions) {
    this.refreshIntervalMs = options.refreshIntervalMs ?? 5 * 60 * 1_000;
    this.keys = new SigningKeys({
      openIdUrl: options.openIdUrl,
      requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
      keepMs: options.keepKeysMs ?? 24 * 60 * 60 * 1_000,
      cooldownMs: options.cooldownMs ?? 30_000,
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

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.keys.close();
  }

  /**
   * @param authorizationHeader as it came, «Bearer …»
   * @param expected the app and tenant that the callback's address names
   * @throws CallbackTokenError
   */
  async verify(
    authorizationHeader: string | undefined,
    expected: { readonly audience: string; readonly tenantId: string },
  ): Promise<CallbackClaims> {
    const payload = await this.payloadOf(tokenOf(authorizationHeader), expected.audience);
    const { iss, aud, tid, appid, iat } = payload;
    // jose takes a list of audiences that holds ours among others, and does not look at the time of issue.
    if (aud !== expected.audience) throw invalid('its audience is not exactly the app');
    if (typeof tid !== 'string' || tid.toLowerCase() !== expected.tenantId.toLowerCase())
      throw invalid('it is of another tenant');
    if (typeof iat === 'number' && iat > Date.now() / 1_000 + this.clockToleranceSeconds)
      throw invalid('it was issued in the future');
    return { tenantId: tid, appId: aud, issuer: iss ?? '', callerAppId: typeof appid === 'string' ? appid : null };
  }

  private async payloadOf(token: string, audience: string): Promise<JWTPayload> {
    try {
      return await this.checked(token, audience);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // A key that is new since the last fetch; or a forged kid, which the cooldown keeps cheap.
      if (!(await this.keys.refreshOnDemand())) throw unavailable();
      return await this.checked(token, audience).catch((again: unknown) => {
        throw again instanceof errors.JWKSNoMatchingKey ? invalid('no key of Graph’s made its signature') : again;
      });
    }
  }

  private async checked(token: string, audience: string): Promise<JWTPayload> {
    if (!this.keys.current()) await this.keys.refreshOnDemand();
    const keys = this.keys.current();
    if (!keys) throw unavailable();
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['RS256'],
        issuer: [...this.options.issuers],
        audience,
        requiredClaims: ['iss', 'aud', 'exp', 'tid'],
        clockTolerance: this.clockToleranceSeconds,
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw error;
      throw invalid(error instanceof Error ? error.message : String(error), error);
    }
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

function invalid(reason: string, cause?: unknown): CallbackTokenError {
  return new CallbackTokenError('TOKEN_INVALID', `The callback’s token does not prove that Graph sent it: ${reason}.`, { cause });
}

function unavailable(): CallbackTokenError {
  return new CallbackTokenError(
    'KEYS_UNAVAILABLE',
    'The keys that would prove the callback’s token cannot be fetched; check the OpenID address and the way to it.',
  );
}
