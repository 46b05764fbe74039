// Any body that Graph may send, from the wire to the history: a receiver and a sequencer as they are deployed, on a real broker.
import { readFileSync } from 'node:fs';
import { encodeObservation } from '@callbus/contracts';
import { accepted, created } from '../apps/notification-ingest/src/sequencer/testing/observations.js';
import { CALLBACK_BODIES } from '../apps/notification-ingest/src/testing/callback-bodies.js';
import { CallbackKeys } from './support/callback-keys.js';
import { PlainProducer, PlainReader, type PlainRecord } from './support/plain-kafka.js';
import { newTopicPrefix, ReceiverProcess, type KnownCall } from './support/receiver-process.js';
import { SequencerProcess } from './support/sequencer-process.js';
import { until } from './support/stack-for-tests.js';
import { storedBody } from './support/stored-body.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const GRAPH_CALL_ID = '2f1a1100-b174-40a0-aba7-0b405e01ed92';

/** Callbacks that an earlier release lost. */
interface LostCallback {
  readonly name: string;
  readonly rawBase64: string;
  readonly contentType: string;
  readonly told: string | null;
}
const LOST = JSON.parse(readFileSync(new URL('fixtures/lost-callbacks.json', import.meta.url), 'utf8')) as LostCallback[];

let keys: CallbackKeys;
let receiver: ReceiverProcess;
let sequencer: SequencerProcess;
let observe: PlainProducer;
let observations: PlainReader;
let events: PlainReader;
let snapshots: PlainReader;
let deadLetters: PlainReader;

beforeAll(async () => {
  keys = await CallbackKeys.start();
  const topicPrefix = await newTopicPrefix(brokers);
  [observations, events, snapshots, deadLetters] = (await Promise.all(
    ['observations', 'events', 'snapshots', 'observations.dead-letter'].map((topic) =>
      PlainReader.start(brokers, topicPrefix + topic),
    ),
  )) as [PlainReader, PlainReader, PlainReader, PlainReader];
  observe = await PlainProducer.start(brokers, `${topicPrefix}observations`);
  receiver = await ReceiverProcess.start({ brokers, topicPrefix, keys });
  sequencer = await SequencerProcess.start({
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    KAFKA_PARTITIONS: '3',
  });
}, 90_000);

afterAll(async () => {
  await Promise.all([receiver, sequencer, observe].map((one) => one.stop()));
  await Promise.all([observations, events, snapshots, deadLetters].map((one) => one.stop()));
  await keys.stop();
});

afterEach(() => {
  expect([receiver.isRunning, sequencer.isRunning]).toEqual([true, true]);
});

/** A call that Graph has created. */
async function liveCall(): Promise<KnownCall> {
  const call = await receiver.newCall();
  const { callId, tenantId, appId } = call;
  const receivedAt = new Date().toISOString();
  const known = [accepted(), created(GRAPH_CALL_ID)].map((one) => ({ ...one, callId, tenantId, appId, receivedAt }));
  await observe.send(...known.map((one) => ({ key: callId, value: encodeObservation(one) })));
  await events.historyWith(callId, ({ type }) => type === 'CallCreated');
  return call;
}

const parsed = ({ value }: PlainRecord): Record<string, unknown> => JSON.parse(String(value)) as Record<string, unknown>;

/** The snapshot that includes the callback. */
async function foldedCall(callId: string): Promise<Record<string, unknown>> {
  const offset = (): number => Number(observations.of(callId).at(-1)?.offset);
  const newest = () => snapshots.of(callId).map(parsed).at(-1);
  await until('the callback is in a snapshot', () => newest()?.['offset'] === offset());
  return newest()?.['call'] as Record<string, unknown>;
}

/** Sends a callback and waits until it is folded. @returns its events, its dead letters and the mark that it left */
async function sent(call: KnownCall, body: Buffer, contentType = 'application/json') {
  const { callId } = call;
  expect((await receiver.post(call, body, { 'content-type': contentType })).status).toBe(202);
  await until('the callback is on Kafka', () => observations.of(callId).length === 3);
  const stored = observations.of(callId)[2] as PlainRecord;
  expect(storedBody(stored).equals(body)).toBe(true);
  const { unreadCallbackId } = await foldedCall(callId);
  await events.caughtUp();
  await deadLetters.caughtUp();
  const aside = deadLetters.of(callId);
  for (const { value, headers } of aside) {
    expect(value?.equals(stored.value as Buffer)).toBe(true);
    expect(String(headers['dead-letter-reason'])).toBe('UNHANDLED_NOTIFICATION');
  }
  const told = events.history(callId).slice(2);
  expect(unreadCallbackId).toBe(told.length > 0 ? undefined : parsed(stored)['id']);
  return { told: told.map(({ data }) => data['state']), aside: aside.length, subject: told[0]?.data['call'] };
}

it.each(CALLBACK_BODIES)('is told, or put aside byte for byte: $name', async ({ bytes, contentType, tells }) => {
  const { told, aside, subject } = await sent(await liveCall(), bytes(GRAPH_CALL_ID), contentType);
  expect(told).toEqual(typeof tells === 'object' ? [tells.state] : []);
  expect(aside).toBe(tells === 'dead letter' ? 1 : 0);
  if (typeof tells === 'object' && tells.subject !== undefined) expect(subject).toEqual({ subject: tells.subject });
});

it.each(LOST)('is not lost any more: $name', async ({ rawBase64, contentType, told }) => {
  const body = Buffer.from(rawBase64, 'base64').toString('latin1').replace('<graph id>', GRAPH_CALL_ID);
  expect(await sent(await liveCall(), Buffer.from(body, 'latin1'), contentType)).toMatchObject({
    told: told === null ? [] : [told],
    aside: 0,
  });
});

it('of 4 MiB that is unreadable is kept whole, as an observation and as a dead letter', async () => {
  let state = 1;
  const random = Buffer.from(Uint8Array.from({ length: 4 * 1024 * 1024 }, () => (state = (state * 48_271) % 0x7fffffff) & 0xff));
  expect(await sent(await liveCall(), random)).toMatchObject({ told: [], aside: 1 });
  expect(await sent(await liveCall(), Buffer.alloc(4 * 1024 * 1024))).toMatchObject({ told: [], aside: 1 });
});
