import type { CallbackAddress, CallbackPaths } from '@callbus/contracts';
import { TokenError, type CallbackClaims, type CallbackTokens } from '@callbus/graph';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Histogram } from 'prom-client';
import { announcedBytesOf } from './announced-bytes.js';
import type { InFlight, Place, UnprovenPlace } from './in-flight.js';
import { Refusal } from '../refusals/refusals.js';

/** A callback that Graph sent, for the attempt that its address names. */
export interface AuthenticCallback {
  readonly address: CallbackAddress;
  readonly claims: CallbackClaims;
  /** Of its body; 0 when nobody can know. */
  readonly announcedBytes: number;
  /** The place that the callback took while it waited for the key of its token; null when it did not wait. */
  readonly place: Place | null;
}

export interface CallbackGateOptions {
  readonly paths: CallbackPaths;
  readonly tokens: Pick<CallbackTokens, 'verify'>;
  readonly inFlight: Pick<InFlight, 'enterUnproven'>;
  /** Hears how long the check of a token took, in seconds. */
  readonly verifyDuration: Pick<Histogram, 'startTimer'>;
  readonly maxBodyBytes: number;
  /** Addresses whose mac was checked lately; those used least lately go first. */
  readonly maxAddresses: number;
}

/** What a request passes before its body is read: what costs least comes first. */
export class CallbackGate {
  private readonly passed = new WeakMap<object, AuthenticCallback>();

  private readonly addresses: LRUCache<string, CallbackAddress>;

  constructor(private readonly options: CallbackGateOptions) {
    this.addresses = new LRUCache({ max: options.maxAddresses });
  }

  /** @throws Refusal */
  async pass(request: Pick<FastifyRequest, 'url' | 'method' | 'headers'>): Promise<void> {
    const { maxBodyBytes, verifyDuration } = this.options;
    const address = this.addressOf(request.url);
    if (address === null) throw new Refusal('UNKNOWN_ADDRESS', 'its path has no valid mac');
    if (request.method !== 'POST') throw new Refusal('WRONG_METHOD', `it is a ${request.method}`);
    const announcedBytes = announcedBytesOf(request.headers, maxBodyBytes);
    const end = verifyDuration.startTimer();
    const proof = await this.prove(request.headers.authorization, address, announcedBytes).finally(end);
    this.passed.set(request, { address, announcedBytes, ...proof });
  }

  /** @throws Error for a request that did not pass, which must not be */
  callbackOf(request: object): AuthenticCallback {
    const callback = this.passed.get(request);
    if (callback === undefined) throw new Error('a callback came past the check of its address and token');
    return callback;
  }

  /**
   * Returns the call and attempt of a callback address; null when callbus did not issue the path. All callbacks of a call have the
   * same address, so it is cached, which is cheaper than its mac.
   */
  addressOf(path: string): CallbackAddress | null {
    const known = this.addresses.get(path);
    if (known !== undefined) return known;
    const address = this.options.paths.read(path);
    if (address !== null) this.addresses.set(path, address);
    return address;
  }

  /** Proves the token. While a callback waits for its key, it counts as in flight. */
  private async prove(
    authorization: string | undefined,
    { appId, tenantId }: CallbackAddress,
    announcedBytes: number,
  ): Promise<Pick<AuthenticCallback, 'claims' | 'place'>> {
    const { tokens, inFlight } = this.options;
    const waiting: { place?: UnprovenPlace } = {};
    const beforeWait = (): void => {
      waiting.place = inFlight.enterUnproven() ?? noRoom('too many callbacks wait for the key of their token');
    };
    try {
      const claims = await tokens.verify(authorization, { audience: appId, tenantId }, beforeWait);
      const place = waiting.place === undefined ? null : (waiting.place.prove(announcedBytes) ?? noRoom('too much is under way'));
      return { claims, place };
    } catch (error) {
      waiting.place?.leave();
      throw refusalOfToken(error);
    }
  }
}

function noRoom(why: string): never {
  throw new Refusal('OVERLOADED', why);
}

function refusalOfToken(error: unknown): unknown {
  if (!(error instanceof TokenError)) return error;
  const code = error.code === 'KEYS_UNAVAILABLE' ? 'KEYS_UNAVAILABLE' : 'UNAUTHORIZED';
  return new Refusal(code, error.message, { cause: error });
}
