import { jest } from '@jest/globals';
import type { AppToken } from './client-credentials-grant.js';
import { GraphTokenError } from '../errors.js';
import { RenewedToken } from './renewed-token.js';

const MINUTE_MS = 60_000;
const FIRST_RETRY_MS = 500;

/** Requests made so far; each is to be answered. */
let requests: ReturnType<typeof Promise.withResolvers<AppToken>>[];
let told: (GraphTokenError | null)[];
let forgotten: number;
let token: RenewedToken;

beforeEach(() => {
  jest.useFakeTimers();
  requests = [];
  told = [];
  forgotten = 0;
  token = new RenewedToken({
    request: () => {
      requests.push(Promise.withResolvers<AppToken>());
      return requests.at(-1)!.promise;
    },
    nowMs: Date.now,
    firstRetryMs: FIRST_RETRY_MS,
    onRequested: (failure) => told.push(failure),
    onUnused: () => (forgotten += 1),
  });
});

afterEach(() => {
  token.close();
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const failure = new GraphTokenError('TOKEN_UNAVAILABLE', 'the authority is away');

/** Answers the last request with a token that is named after its number. */
async function grant(lifeMs = 60 * MINUTE_MS): Promise<void> {
  requests.at(-1)!.resolve({ value: `t${requests.length}`, expiresAtMs: Date.now() + lifeMs, roles: [] });
  await pass(0);
}

async function refuse(why = failure): Promise<void> {
  requests.at(-1)!.reject(why);
  await pass(0);
}

async function granted(lifeMs?: number): Promise<void> {
  token.atHand();
  await grant(lifeMs);
}

describe('a token that is to be young', () => {
  it('is the one at hand, or a new one if that is older', async () => {
    await granted();
    await pass(MINUTE_MS - 1);
    expect((await token.youngerThan(MINUTE_MS)).value).toBe('t1');
    await pass(1);
    const [first, second] = [token.youngerThan(MINUTE_MS), token.youngerThan(MINUTE_MS)];
    await grant();
    expect([(await first).value, (await second).value, requests.length]).toEqual(['t2', 't2', 2]);
    expect((await token.youngerThan(MINUTE_MS)).value).toBe('t2');
  });

  it('is not to be had while the authority is away', async () => {
    await granted();
    await pass(MINUTE_MS);
    const young = token.youngerThan(MINUTE_MS);
    const refused = expect(young).rejects.toBe(failure);
    await refuse();
    await refused;
    await expect(token.youngerThan(MINUTE_MS)).rejects.toBe(failure);
    expect([token.atHand()?.value, requests.length]).toEqual(['t1', 2]);
  });
});

describe('an authority that asks to wait', () => {
  it.each([
    ['that long', 60_000, 60_000],
    ['five minutes at most', 60 * MINUTE_MS, 5 * MINUTE_MS],
  ])('is not asked again for %s', async (_, retryAfterMs, waitMs) => {
    token.atHand();
    await refuse(new GraphTokenError('TOKEN_UNAVAILABLE', 'too many requests', {}, retryAfterMs));
    token.atHand();
    await pass(waitMs - 1);
    expect(requests).toHaveLength(1);
    await pass(1);
    expect(requests).toHaveLength(2);
  });
});

describe('a token', () => {
  it('is requested when somebody asks, and at hand when it has come', async () => {
    expect([token.atHand(), token.atHand(), token.trouble]).toEqual([undefined, undefined, null]);
    await grant();
    expect([token.atHand()?.value, told, requests.length]).toEqual(['t1', [null], 1]);
  });

  it.each([
    ['five minutes', 60 * MINUTE_MS, 55 * MINUTE_MS],
    ['a fifth of a short life', MINUTE_MS, 48_000],
  ])('is renewed when %s is left', async (_, lifeMs, renewedAfterMs) => {
    await granted(lifeMs);
    token.atHand();
    await pass(renewedAfterMs - 1);
    expect(requests).toHaveLength(1);
    await pass(1);
    expect([requests.length, token.atHand()?.value]).toEqual([2, 't1']);
    await grant();
    expect(token.atHand()?.value).toBe('t2');
  });

  it('serves until it expires while its renewal fails, which is tried again at growing distances', async () => {
    await granted();
    token.atHand();
    await pass(55 * MINUTE_MS);
    for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const tries = requests.length;
      await refuse();
      expect([token.atHand()?.value, token.trouble]).toEqual(['t1', failure]);
      expect(await token.get()).toMatchObject({ value: 't1' });
      await pass(waitMs - 1);
      expect(requests).toHaveLength(tries);
      await pass(1);
      expect(requests).toHaveLength(tries + 1);
    }
    await pass(5 * MINUTE_MS);
    expect(token.atHand()).toBeUndefined();
    await grant();
    expect([token.atHand()?.value, token.trouble]).toEqual(['t9', null]);
  });

  it('is renewed no longer when nobody has asked since it was requested', async () => {
    await granted();
    await pass(120 * MINUTE_MS);
    expect([requests.length, forgotten]).toEqual([1, 1]);
  });

  it('is not tried again when nobody asks any more', async () => {
    token.atHand();
    await refuse();
    await pass(MINUTE_MS);
    expect([requests.length, forgotten]).toEqual([1, 1]);
  });

  it('is requested by whoever comes first after a process was paused beyond its end', async () => {
    await granted();
    jest.setSystemTime(Date.now() + 61 * MINUTE_MS);
    expect([token.atHand(), requests.length]).toEqual([undefined, 2]);
    await grant();
    expect(token.atHand()?.value).toBe('t2');
  });

  it('is requested once for all who want it', async () => {
    const wanted = [token.get(), token.get(), token.refresh()];
    token.atHand();
    await grant();
    expect((await Promise.all(wanted)).map(({ value }) => value)).toEqual(['t1', 't1', 't1']);
    expect(requests).toHaveLength(1);
  });

  it('is requested anew by who cannot use the one there is', async () => {
    await granted();
    const renewed = token.refresh();
    await grant();
    expect([(await renewed).value, token.atHand()?.value]).toEqual(['t2', 't2']);
  });

  it('is not requested by whoever comes between two tries', async () => {
    token.atHand();
    await refuse();
    for (const want of [() => token.get(), () => token.refresh()]) await expect(want()).rejects.toBe(failure);
    expect([token.atHand(), requests.length]).toEqual([undefined, 1]);
    await pass(FIRST_RETRY_MS);
    expect(requests).toHaveLength(2);
  });

  it('is not requested in a circle when those that come have no life', async () => {
    token.atHand();
    await granted(0);
    await pass(FIRST_RETRY_MS - 1);
    expect(requests).toHaveLength(1);
  });

  it('is left alone from the end on', async () => {
    await granted();
    token.atHand();
    token.close();
    await pass(60 * MINUTE_MS);
    expect(requests).toHaveLength(1);
  });
});
