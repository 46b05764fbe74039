import type { CallbackAddress, CallbackPaths } from '@callbus/contracts';
import { CallbackTokenError, type CallbackClaims, type CallbackTokens } from '@callbus/graph';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Histogram } from 'prom-client';
import { announcedBytesOf } from './announced-bytes.js';
import { Refusal } from './refusals.js';

/** A callback that Graph sent, for the attempt that its address names. */
export interface AuthenticCallback {
  readonly address: CallbackAddress;
  readonly claims: CallbackClaims;
  /** Of its body; 0 when nobody can know. */
  readonly announcedBytes: number;
}

export interface CallbackGateOptions {
  readonly paths: CallbackPaths;
  readonly tokens: Pick<CallbackTokens, 'verify'>;
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
    const { tokens, maxBodyBytes, verifyDuration } = this.options;
    const address = this.addressOf(request.url);
    if (address === null) throw new Refusal('UNKNOWN_ADDRESS', 'its path has no valid mac');
    if (request.method !== 'POST') throw new Refusal('WRONG_METHOD', `it is a ${request.method}`);
    const announcedBytes = announcedBytesOf(request.headers, maxBodyBytes);
    const end = verifyDuration.startTimer();
    const claims = await claimsOf(request.headers.authorization, address, tokens).finally(end);
    this.passed.set(request, { address, claims, announcedBytes });
  }

  /** @throws Error for a request that did not pass, which must not be */
  callbackOf(request: object): AuthenticCallback {
    const callback = this.passed.get(request);
    if (callback === undefined) throw new Error('a callback came past the check of its address and token');
    return callback;
  }

  /**
   * Which call and attempt a path is the address of; null for one that was not given out. A call's address comes with each of its
   * callbacks, so it is remembered: that costs less than its mac.
   */
  addressOf(path: string): CallbackAddress | null {
    const known = this.addresses.get(path);
    if (known !== undefined) return known;
    const address = this.options.paths.read(path);
    if (address !== null) this.addresses.set(path, address);
    return address;
  }
}

async function claimsOf(
  authorization: string | undefined,
  { appId, tenantId }: CallbackAddress,
  tokens: Pick<CallbackTokens, 'verify'>,
): Promise<CallbackClaims> {
  try {
    return await tokens.verify(authorization, { audience: appId, tenantId });
  } catch (error) {
    if (!(error instanceof CallbackTokenError)) throw error;
    const code = error.code === 'KEYS_UNAVAILABLE' ? 'KEYS_UNAVAILABLE' : 'UNAUTHORIZED';
    throw new Refusal(code, error.message, { cause: error });
  }
}
