import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@callbus/chassis';
import { CallbackPaths, TOPICS, topicName, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import { GraphClient } from '@callbus/graph';
import { kafkaClientOf, KafkaError, type KafkaClient, type RecordSender } from '@callbus/kafka';
import { Registry } from 'prom-client';
import { Attempts } from './attempts.js';
import { BackOffs } from './back-offs.js';
import { Breaker } from './breaker.js';
import { BrokerClock } from '../ledger/broker-clock.js';
import { DispatcherMetrics } from '../dispatcher-metrics.js';
import { Ledger } from '../ledger/ledger.js';
import { Quotas } from './quotas.js';
import { COMMAND } from '../testing/dispatches.js';

// The one permission to POST, on a real ledger, before a Graph that counts. Each Dispatcher here is one process.
const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const logger = createLogger('test', 'fatal');
const topicPrefix = `attempts-${randomUUID()}.`;
const POSTED_WITHIN_MS = 20_000;
const token = { value: 'token', expiresAtMs: Infinity, roles: [] };

let client: KafkaClient;
let graph: Server;
/** Creates that were read off the wire and wait for their answer. */
const posts: { readonly callId: string; readonly answer: () => void }[] = [];
let holdsAnswers = false;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  client = kafkaClientOf({ brokers, topicPrefix, sslEnabled: false }, { principal: 'call-dispatcher' }, logger);
  const { config, partitions } = TOPICS.dispatchLedger;
  const topic = topicName(topicPrefix, TOPICS.dispatchLedger);
  await client.admin().ensureTopics([{ topic, partitions, replicationFactor: 1, config }]);
  graph = createServer((request, response) => {
    request.resume().on('end', () => {
      const post = {
        callId: String(request.headers['scenario-id']),
        answer: () => {
          created(response);
        },
      };
      posts.push(post);
      if (!holdsAnswers) post.answer();
    });
  }).listen(0, '127.0.0.1');
  await once(graph, 'listening');
});

afterAll(async () => {
  graph.close();
  graph.closeAllConnections();
  await client.close();
});

afterEach(async () => {
  holdsAnswers = false;
  for (const { answer } of posts.splice(0)) answer();
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function created(response: ServerResponse): void {
  if (response.writableEnded) return;
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: randomUUID() }));
}

interface Dispatcher {
  readonly ledger: Ledger;
  readonly attempts: Attempts;
}

interface DispatcherOptions {
  readonly intentDeadlineMs?: number;
  readonly maxConcurrentPosts?: number;
  /** What becomes of its appends. */
  readonly through?: (sender: RecordSender) => RecordSender;
}

async function dispatcher({
  intentDeadlineMs = 10_000,
  maxConcurrentPosts = 16,
  through = (sender) => sender,
}: DispatcherOptions = {}): Promise<Dispatcher> {
  const clock = new BrokerClock();
  const onFatal = (error: unknown): void => {
    throw error;
  };
  const sender = await client.sender();
  const ledger = await Ledger.open({
    ...{ client, sender: through(sender), topicPrefix, clock, logger, onFatal },
    reportFrom: 0n,
    relayPosition: () => Promise.resolve(0n),
  });
  const graphClient = new GraphClient({
    baseUrl: `http://127.0.0.1:${String((graph.address() as AddressInfo).port)}`,
    maxConcurrentPosts,
  });
  const dial = {
    graph: graphClient,
    callbackPaths: new CallbackPaths([randomBytes(32).toString('base64url')]),
    callbackPublicUrl: 'https://callbacks.example',
    intentDeadlineMs,
    intentOrphanMs: 60_000,
  };
  const limits = {
    quotas: new Quotas({ maxLiveCalls: 100, maxCallsPerMonth: 100 }, () => false),
    backOffs: new BackOffs(300_000),
    breaker: new Breaker({ failures: 5, openMs: 1_000 }),
    perTenant: 100,
    inAll: 100,
  };
  const attempts = new Attempts({ ledger, clock, logger, metrics: new DispatcherMetrics(new Registry()) }, dial, limits);
  cleanUps.push(
    () => sender.close(),
    () => ledger.stop(),
    () => graphClient.close(),
    () => attempts.drain(),
  );
  return { ledger, attempts };
}

async function accepted({ ledger }: Dispatcher, { untilMs = 60_000 } = {}): Promise<string> {
  const callId = randomUUID();
  const command = { ...COMMAND, notAfterMs: Date.now() + untilMs };
  await ledger.append(callId, [{ type: 'Accepted', callId, command, requestHash: '1:00' }]);
  return callId;
}

/** One attempt of the process, to its end. @returns the call as the ledger has it then */
async function attempted(process: Dispatcher, callId: string): Promise<Dispatch | undefined> {
  begin(process, callId).catch(() => undefined);
  await process.attempts.drain();
  return process.ledger.get(callId);
}

async function begin({ attempts }: Dispatcher, callId: string, attempt = 1): Promise<Dispatch | undefined> {
  expect(attempts.reserve(callId, COMMAND)).toBeNull();
  return await attempts.begin({ callId, requestHash: '1:00' }, attempt, token);
}

function postsOf(callId: string): number {
  return posts.filter((post) => post.callId === callId).length;
}

function statesOf(dispatch: Dispatch | undefined): unknown[] {
  return (dispatch?.attempts ?? []).map(({ state }) => state);
}

async function untilPosted(callId: string): Promise<void> {
  const endMs = performance.now() + POSTED_WITHIN_MS;
  while (postsOf(callId) === 0) {
    if (performance.now() > endMs) throw new Error(`nothing was POSTed for ${callId} within ${String(POSTED_WITHIN_MS)} ms`);
    await delay(5);
  }
}

function someIntent(callId: string): LedgerRecord {
  return { type: 'Intent', callId, attempt: 1, nonce: randomUUID(), deadlineMs: 10_000, orphanMs: 60_000 };
}

describe('the trace of a call', () => {
  const headerOf = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
  /** Puts every record of a process into a trace. */
  const within = (traceparent: string): DispatcherOptions => ({
    through: (sender) => ({
      condition: () => sender.condition(),
      close: () => sender.close(),
      send: (records) => sender.send(records.map((record) => ({ ...record, headers: { traceparent } }))),
    }),
  });

  it('is that of its command, in every process that folds the ledger, also after a restart', async () => {
    const one = await dispatcher(within(headerOf('a')));
    const callId = await accepted(one);
    const other = await dispatcher(within(headerOf('b')));
    await attempted(other, callId);
    const restarted = await dispatcher();
    expect([one, other, restarted].map(({ ledger }) => ledger.traceOf(callId))).toEqual(Array(3).fill(headerOf('a')));
  });

  it('is none where its command was in none', async () => {
    const one = await dispatcher();
    expect(one.ledger.traceOf(await accepted(one))).toBeUndefined();
  });
});

describe('an attempt to dial (G1, G9)', () => {
  it('POSTs once, and what came of it is in the ledger', async () => {
    const one = await dispatcher();
    const callId = await accepted(one);
    expect(statesOf(await attempted(one, callId))).toEqual(['created']);
    expect(postsOf(callId)).toBe(1);
  });

  it('does not POST when another process’s Intent took effect first', async () => {
    const [one, rival] = [await dispatcher(), await dispatcher()];
    const callId = await accepted(one);
    await rival.ledger.append(callId, [someIntent(callId)]);
    expect(statesOf(await attempted(one, callId))).toEqual(['open']);
    expect(postsOf(callId)).toBe(0);
  });

  it('POSTs once though two processes begin at the same moment', async () => {
    const [one, rival] = [await dispatcher(), await dispatcher()];
    const callIds = await Promise.all(Array.from({ length: 20 }, () => accepted(one)));
    await Promise.all(callIds.flatMap((callId) => [begin(one, callId), begin(rival, callId)]));
    await Promise.all([one.attempts.drain(), rival.attempts.drain()]);
    expect(callIds.map(postsOf)).toEqual(callIds.map(() => 1));
  });

  it('does not POST, nor leave an orphan behind, when Kafka does not say whether the Intent was written', async () => {
    let isLost = false;
    const one = await dispatcher({
      through: (sender) => ({
        condition: () => sender.condition(),
        close: () => sender.close(),
        send: async (records) => {
          const sent = await sender.send(records);
          if (!isLost) return sent;
          isLost = false;
          throw new KafkaError('SEND_FAILED', 'The acknowledgement was lost.');
        },
      }),
    });
    const callId = await accepted(one);
    isLost = true;
    expect(statesOf(await attempted(one, callId))).toEqual(['not-sent']);
    expect(postsOf(callId)).toBe(0);
  });

  it('neither POSTs nor goes on when the ledger turns out to be another than the one that was read (G1)', async () => {
    let isAnew = false;
    const one = await dispatcher({
      through: (sender) => ({
        condition: () => sender.condition(),
        close: () => sender.close(),
        send: async (records) => {
          const sent = await sender.send(records);
          return isAnew ? sent.map((record) => ({ ...record, offset: 0n })) : sent;
        },
      }),
    });
    const callId = await accepted(one);
    isAnew = true;
    const ended = await Promise.allSettled([begin(one, callId), one.attempts.drain()]);
    expect(ended).toMatchObject([{ reason: { code: 'INVARIANT' } }, {}]);
    expect(postsOf(callId)).toBe(0);
  });

  it('does not POST after notAfter', async () => {
    const one = await dispatcher();
    const callId = await accepted(one, { untilMs: -1 });
    expect(statesOf(await attempted(one, callId))).toEqual(['not-sent']);
    expect(postsOf(callId)).toBe(0);
  });

  it('does not POST after the deadline of its Intent', async () => {
    const one = await dispatcher({ intentDeadlineMs: 0 });
    const callId = await accepted(one);
    expect(statesOf(await attempted(one, callId))).toEqual(['not-sent']);
    expect(postsOf(callId)).toBe(0);
  });

  it('does not POST when the end was asked for while it waited its turn', async () => {
    const one = await dispatcher({ maxConcurrentPosts: 1 });
    const [first, waiting] = [await accepted(one), await accepted(one)];
    holdsAnswers = true;
    await begin(one, first);
    await untilPosted(first);
    await begin(one, waiting);
    await one.ledger.append(waiting, [{ type: 'EndRequested', callId: waiting, tenantId: COMMAND.tenantId }]);
    posts.find(({ callId }) => callId === first)?.answer();
    await one.attempts.drain();
    expect([one.ledger.get(waiting)?.phase, postsOf(waiting)]).toEqual(['cancelled', 0]);
  });

  it('does not POST when an earlier attempt was proven while it waited its turn', async () => {
    const one = await dispatcher({ maxConcurrentPosts: 1 });
    const [first, redialled] = [await accepted(one), await accepted(one)];
    const earlier = someIntent(redialled) as Extract<LedgerRecord, { type: 'Intent' }>;
    const key = { callId: redialled, attempt: 1 };
    await one.ledger.append(redialled, [
      earlier,
      { type: 'Unknown', ...key, nonce: earlier.nonce, why: 'reset' },
      { type: 'Released', ...key, by: 'policy' },
    ]);
    holdsAnswers = true;
    await begin(one, first);
    await untilPosted(first);
    await begin(one, redialled, 2);
    await one.ledger.append(redialled, [{ type: 'Created', ...key, provenBy: 'callback', graphCallId: 'graph-1' }]);
    posts.find(({ callId }) => callId === first)?.answer();
    await one.attempts.drain();
    expect([one.ledger.get(redialled)?.phase, postsOf(redialled)]).toEqual(['created', 0]);
  });

  it('is over for a shutdown only when what came of it is in the ledger', async () => {
    const one = await dispatcher();
    const callId = await accepted(one);
    holdsAnswers = true;
    await begin(one, callId);
    await untilPosted(callId);
    const drained = one.attempts.drain();
    expect(statesOf(one.ledger.get(callId))).toEqual(['open']);
    posts[0]?.answer();
    await drained;
    expect(statesOf(one.ledger.get(callId))).toEqual(['created']);
  });
});
