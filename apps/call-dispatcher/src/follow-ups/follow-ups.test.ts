import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@callbus/chassis';
import { GraphClient, type AppToken } from '@callbus/graph';
import type { OutgoingRecord } from '@callbus/kafka';
import { Registry } from 'prom-client';
import { BrokerClock } from '../ledger/broker-clock.js';
import { DispatcherMetrics } from '../dispatcher-metrics.js';
import { ObservationSender } from '../relay/observation-sender.js';
import { FollowUps } from './follow-ups.js';
import { ACCEPTED, CALL_ID, COMMAND, dispatchAfter, intent, key, START_MS } from '../testing/dispatches.js';
import { RULES } from '../testing/histories.js';

const CALL = { attempt: 1, graphCallId: 'graph-1' };
/** Created two seconds after START_MS. */
const LIVE = dispatchAfter(ACCEPTED, intent(1), { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' });

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

let graph: Server;
let answers: Answer[];
let requests: { readonly line: string; readonly token: string }[];
let sent: OutgoingRecord[];
let lines: string[];
let monotonicMs: number;
let tokens: { now: string; refreshes: number };
let gone: string[];
let client: GraphClient;

beforeEach(async () => {
  answers = [];
  requests = [];
  sent = [];
  lines = [];
  monotonicMs = 0;
  gone = [];
  tokens = { now: 'token-1', refreshes: 0 };
  graph = createServer(({ method = '', url = '', headers }, response) => {
    requests.push({ line: `${method} ${url}`, token: String(headers.authorization) });
    const { status, headers: more = {}, body } = answers.shift() ?? { status: 200 };
    response.writeHead(status, more).end(body === undefined ? '' : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(graph, 'listening');
  client = new GraphClient({ baseUrl: `http://127.0.0.1:${String((graph.address() as AddressInfo).port)}` });
});

afterEach(async () => {
  await client.close();
  graph.close();
});

/** @param startedMs broker time when this process had folded the ledger */
function followUps(startedMs = START_MS): FollowUps {
  const clock = new BrokerClock(() => monotonicMs);
  clock.observe(startedMs);
  const token = (): AppToken => ({ value: tokens.now, expiresAtMs: Infinity, roles: [] });
  const logger = createLogger('test', 'error', (line) => lines.push(line));
  const appTokens = {
    get: () => Promise.resolve(token()),
    refresh: () => {
      tokens = { now: `token-${String(tokens.refreshes + 2)}`, refreshes: tokens.refreshes + 1 };
      return Promise.resolve(token());
    },
  };
  const send = (records: readonly OutgoingRecord[]): Promise<[]> => {
    sent.push(...records);
    return Promise.resolve([]);
  };
  const observations = new ObservationSender({ send }, { topicPrefix: 'test.', partitions: 12 });
  const all = new FollowUps(
    { clock, logger, metrics: new DispatcherMetrics(new Registry()) },
    { client, tokens: appTokens },
    { observations, rules: RULES, maxWaitMs: 300_000 },
  );
  all.onGone(({ callId }) => gone.push(callId));
  return all;
}

const told = (): object[] => sent.map(({ value }) => JSON.parse(String(value)) as object);

const REQUESTS: [string, (of: FollowUps) => Promise<void>][] = [
  ['hangs up', (of) => of.hangUp(LIVE, { ...CALL, isSurplus: false, request: 1 })],
  ['keeps alive', (of) => of.keepAlive(LIVE, CALL)],
  ['looks up', (of) => of.lookUp(LIVE, CALL)],
];

describe.each(REQUESTS)('what %s', (_what, request) => {
  it('takes a new token after a 401, once, and leaves the rest for later', async () => {
    const all = followUps();
    answers = [{ status: 401 }];
    await request(all);
    await request(all);
    expect(tokens.refreshes).toBe(1);
    expect(requests.map(({ token }) => token)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('waits for as long as Graph asks', async () => {
    const all = followUps();
    answers = [{ status: 429, headers: { 'retry-after': '7.5' } }];
    await request(all);
    expect(all.all.get('graph-1')).toMatchObject({ notBeforeMs: START_MS + 7_500, hungUpFor: -1 });
    expect(sent).toEqual([]);
  });

  it('holds back the whole app in the tenant, and no other, when Graph throttles it', async () => {
    const all = followUps();
    answers = [
      { status: 429, headers: { 'retry-after': '7.5' } },
      { status: 429, headers: { 'retry-after': '1' } },
    ];
    await request(all);
    await request(all);
    expect(all.fromMs(COMMAND)).toBe(START_MS + 7_500);
    expect(all.fromMs({ ...COMMAND, tenantId: 'another' })).toBe(-Infinity);
    answers = [{ status: 503, headers: { 'retry-after': '60' } }];
    await request(all);
    expect(all.fromMs(COMMAND)).toBe(START_MS + 7_500);
  });

  it('waits five minutes at most, so that no call dies of it', async () => {
    const all = followUps();
    answers = [{ status: 429, headers: { 'retry-after': '3600' } }];
    await request(all);
    expect(all.all.get('graph-1')).toMatchObject({ notBeforeMs: START_MS + 300_000 });
    expect(all.fromMs(COMMAND)).toBe(START_MS + 300_000);
  });

  it('waits for a second when Graph says nothing, or fails', async () => {
    const all = followUps();
    answers = [{ status: 503 }];
    await request(all);
    expect(all.all.get('graph-1')).toMatchObject({ notBeforeMs: START_MS + 1_000, hungUpFor: -1 });
  });
});

describe('a call that lives', () => {
  it('is kept alive at once by a process that started later, whose clock may have stood still', () => {
    const all = followUps(START_MS + 2_000);
    monotonicMs = 5_000;
    all.begin(LIVE, CALL);
    expect(all.all.get('graph-1')?.keepAliveAtMs).toBe(START_MS + 7_000);
  });

  it('is kept alive an interval after it was created in this process’s time', () => {
    const all = followUps(START_MS);
    monotonicMs = 5_000;
    all.begin(LIVE, CALL);
    expect(all.all.get('graph-1')?.keepAliveAtMs).toBe(START_MS + 2_000 + RULES.keepAliveIntervalMs);
  });

  it('is told to be gone when Graph says so for the second time', async () => {
    const all = followUps();
    answers = [{ status: 404 }, { status: 404 }];
    await all.keepAlive(LIVE, CALL);
    expect(all.all.get('graph-1')).toMatchObject({ isSaidGone: true, lookUpAtMs: START_MS + 5_000 });
    expect(sent).toEqual([]);
    await all.lookUp(LIVE, CALL);
    expect(told()).toMatchObject([{ kind: 'keep-alive', result: 'gone', graphCallId: 'graph-1' }]);
    expect(all.all.get('graph-1')).toMatchObject({ isToldGone: true });
    expect(gone).toEqual([CALL_ID]);
  });

  it('is told with the state that it was found in, and hung up again if that was in vain', async () => {
    const all = followUps();
    answers = [{ status: 404 }, { status: 200, body: { id: 'graph-1', state: 'established' } }];
    await all.hangUp(LIVE, { ...CALL, isSurplus: false, request: 1 });
    expect(all.all.get('graph-1')).toMatchObject({ hungUpFor: 1, isSaidGone: true });
    await all.lookUp(LIVE, CALL);
    expect(all.all.get('graph-1')).toMatchObject({ hungUpFor: -1, isSaidGone: false });
    expect(told()).toMatchObject([{ kind: 'keep-alive', result: 'found', call: { state: 'established' } }]);
  });

  it('is still said to be gone when Graph does not let it be looked up', async () => {
    const all = followUps();
    answers = [{ status: 404 }, { status: 403, body: { error: { code: 'Forbidden', message: 'not yours' } } }];
    await all.hangUp(LIVE, { ...CALL, isSurplus: false, request: 1 });
    await all.lookUp(LIVE, CALL);
    const lookUpAtMs = START_MS + RULES.establishingMaxMs;
    expect(all.all.get('graph-1')).toMatchObject({ hungUpFor: 1, isSaidGone: true, lookUpAtMs });
    expect(sent).toEqual([]);
  });

  it('reports Graph’s answer to a look-up after an unreadable callback, whatever it is', async () => {
    const all = followUps();
    const because = (answers: string) => all.lookUp(LIVE, { ...CALL, answers });
    const established = { status: 200, body: { id: 'graph-1', state: 'established' } };
    answers = [established, established, { status: 200, body: {} }, { status: 404 }, { status: 404 }];
    for (const id of ['one', 'two', 'three', 'four', 'four']) await because(id);
    const found = { kind: 'keep-alive', result: 'found' };
    expect(told()).toMatchObject([
      { ...found, id: 'found-for-one', answers: 'one', call: { state: 'established' } },
      { ...found, id: 'found-for-two', answers: 'two', call: { state: 'established' } },
      { ...found, id: 'found-for-three', answers: 'three' },
      { kind: 'keep-alive', result: 'gone', id: 'gone-graph-1', answers: 'four' },
    ]);
    expect(all.all.get('graph-1')).toMatchObject({ lookedUpAtMs: START_MS, answeredCallbackId: 'three' });
  });

  it('is not looked up again for that callback when Graph permanently refuses the look-up', async () => {
    const all = followUps();
    answers = [{ status: 403, body: { error: { code: 'Forbidden', message: 'not yours' } } }];
    await all.lookUp(LIVE, { ...CALL, answers: 'one' });
    expect(all.all.get('graph-1')).toMatchObject({ answeredCallbackId: 'one' });
    expect(sent).toEqual([]);
  });

  it('whose end is permanently refused gets one refusal per request, also for a request that this process forgot', async () => {
    const [before, after] = [followUps(), followUps()];
    answers = Array<Answer>(3).fill({ status: 412, body: { error: { code: '8505', message: 'Precondition' } } });
    await before.hangUp(LIVE, { ...CALL, isSurplus: false, request: 1 });
    await before.hangUp(LIVE, { ...CALL, isSurplus: false, request: 2 });
    await after.hangUp(LIVE, { ...CALL, isSurplus: false, request: 2 });
    expect(told()).toMatchObject([
      { id: 'end-graph-1-refused', request: 1 },
      { id: 'end-graph-1-refused-2', request: 2 },
      { id: 'end-graph-1-refused-2', request: 2 },
    ]);
  });

  it('whose end is refused for good is told so, in the log without Graph’s words (G8)', async () => {
    const all = followUps();
    answers = [{ status: 403, body: { error: { code: 'Forbidden', message: 'not yours' } } }];
    await all.hangUp(LIVE, { ...CALL, isSurplus: false, request: 1 });
    expect(told()).toMatchObject([{ kind: 'end', result: 'refused', error: { httpStatus: 403, code: 'Forbidden' } }]);
    expect(lines.join()).toContain('"code":"Forbidden"');
    expect(lines.join()).not.toContain('not yours');
    expect(all.all.get('graph-1')).toMatchObject({ hungUpFor: 1 });
  });
});
