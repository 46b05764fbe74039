import { CallbackPaths } from '@callbus/contracts';
import { TokenError, type CallbackClaims } from '@callbus/graph';
import { Histogram } from 'prom-client';
import { CallbackGate } from './callback-gate.js';
import { InFlight } from './in-flight.js';

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const ADDRESS = {
  appId: '00001111-aaaa-4222-bbbb-3333cccc4444',
  tenantId: 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333',
  callId: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  attempt: 1,
};
const claims: CallbackClaims = { tenantId: ADDRESS.tenantId, appId: ADDRESS.appId, issuer: '', callerAppId: null };
const paths = new CallbackPaths([key(1), key(2)]);
const sound = {
  url: paths.pathFor(ADDRESS),
  method: 'POST',
  headers: { 'content-type': 'application/json', 'content-length': '2', authorization: 'Bearer a.b.c' },
};

const verifyDuration = new Histogram({ name: 'example', help: 'Example', registers: [] });

let asked: unknown[];
let inFlight: InFlight;
let verdict: (beforeWait: () => void) => Promise<CallbackClaims>;

beforeEach(() => {
  asked = [];
  inFlight = new InFlight({ maxInFlight: 2, maxInFlightBytes: 100 });
  verdict = () => Promise.resolve(claims);
});

function newGate(): CallbackGate {
  const tokens = {
    verify: (header: string | undefined, expected: object, beforeWait: () => void = () => undefined) => {
      asked.push([header, expected]);
      return verdict(beforeWait);
    },
  };
  return new CallbackGate({ paths, tokens, inFlight, verifyDuration, maxBodyBytes: 100, maxAddresses: 2 });
}

async function codeOf(gate: CallbackGate, request: typeof sound): Promise<string> {
  return gate.pass(request).then(
    () => 'PASSED',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}

it('lets Graph’s callback pass, for the app and the tenant of its address', async () => {
  const gate = newGate();
  expect(await codeOf(gate, sound)).toBe('PASSED');
  expect(asked).toEqual([['Bearer a.b.c', { audience: ADDRESS.appId, tenantId: ADDRESS.tenantId }]]);
  expect(gate.callbackOf(sound)).toEqual({ address: ADDRESS, claims, announcedBytes: 2, place: null });
  expect(() => gate.callbackOf({ ...sound })).toThrow(/came past the check/);
});

it('takes addresses of the key that is being rotated out, and of no other', async () => {
  const of = (...keys: number[]) => ({ ...sound, url: new CallbackPaths(keys.map(key)).pathFor(ADDRESS) });
  expect(await codeOf(newGate(), of(1))).toBe('PASSED');
  expect(await codeOf(newGate(), of(2))).toBe('PASSED');
  expect(await codeOf(newGate(), of(3))).toBe('UNKNOWN_ADDRESS');
});

it('knows an address again, and no other', async () => {
  const gate = newGate();
  const others = [2, 3, 4].map((attempt) => ({ ...sound, url: paths.pathFor({ ...ADDRESS, attempt }) }));
  for (const request of [sound, ...others, sound, sound]) {
    expect(await codeOf(gate, request)).toBe('PASSED');
    expect(await codeOf(gate, { ...request, url: `${request.url.slice(0, -2)}AA` })).toBe('UNKNOWN_ADDRESS');
  }
  expect(gate.callbackOf(sound).address).toEqual(ADDRESS);
  expect(gate.callbackOf(others[2]!).address).toEqual({ ...ADDRESS, attempt: 4 });
});

it('asks in the order of cost, and about the token last', async () => {
  let request = { ...sound, url: '/nowhere', method: 'GET', headers: { ...sound.headers, 'content-type': 'text/plain' } };
  expect(await codeOf(newGate(), request)).toBe('UNKNOWN_ADDRESS');
  request = { ...request, url: sound.url };
  expect(await codeOf(newGate(), request)).toBe('WRONG_METHOD');
  request = { ...request, method: 'POST' };
  expect(await codeOf(newGate(), request)).toBe('WRONG_TYPE');
  request = { ...request, headers: { ...sound.headers, 'content-length': '101' } };
  expect(await codeOf(newGate(), request)).toBe('LARGE_BODY');
  expect(asked).toEqual([]);
});

it('does not look at a token in the query', async () => {
  expect(await codeOf(newGate(), { ...sound, url: `${sound.url}?access_token=a.b.c` })).toBe('UNKNOWN_ADDRESS');
});

it.each([
  ['TOKEN_MISSING', 'UNAUTHORIZED'],
  ['TOKEN_INVALID', 'UNAUTHORIZED'],
  ['KEYS_UNAVAILABLE', 'KEYS_UNAVAILABLE'],
] as const)('takes %s for %s', async (tokenError, code) => {
  verdict = () => Promise.reject(new TokenError(tokenError, ''));
  expect(await codeOf(newGate(), sound)).toBe(code);
});

describe('a callback that waits for the key of its token', () => {
  const afterWait = (outcome: () => Promise<CallbackClaims>) => async (beforeWait: () => void) => {
    beforeWait();
    return outcome();
  };

  it('counts as in flight meanwhile, and keeps its place', async () => {
    const { promise, resolve } = Promise.withResolvers<CallbackClaims>();
    verdict = afterWait(() => promise);
    const gate = newGate();
    const passing = codeOf(gate, sound);
    // Half of two places.
    expect(await codeOf(gate, { ...sound })).toBe('OVERLOADED');
    expect([inFlight.enter(0), inFlight.enter(0)]).toEqual([expect.anything(), null]);
    resolve(claims);
    expect(await passing).toBe('PASSED');
    gate.callbackOf(sound).place?.leave();
    expect(inFlight.enter(98)).not.toBeNull();
  });

  it.each(['TOKEN_INVALID', 'KEYS_UNAVAILABLE'] as const)('gives its place back when it ends with %s', async (tokenError) => {
    verdict = afterWait(() => Promise.reject(new TokenError(tokenError, '')));
    const gate = newGate();
    for (let times = 0; times < 3; times += 1) expect(await codeOf(gate, sound)).not.toBe('OVERLOADED');
  });

  it('is refused, and gives its place back, when its body finds no room', async () => {
    verdict = afterWait(() => Promise.resolve(claims));
    const other = inFlight.enter(99);
    expect(await codeOf(newGate(), sound)).toBe('OVERLOADED');
    other?.leave();
    expect(await codeOf(newGate(), sound)).toBe('PASSED');
  });
});
