import { randomUUID } from 'node:crypto';
import { callbusJson } from '../support/callbus.js';
import { commandMessage, PlainProducer, PlainReader, type PlainMessage, type PlainRecord } from '../support/plain-kafka.js';
import { until } from '../support/stack-for-tests.js';
import type { FaultStack } from './fault-stack.js';
import type { FaultRow, RowContext } from './row.js';

const HOUR_MS = 60 * 60_000;
const TOPICS = ['commands', 'observations', 'commands.dead-letter', 'observations.dead-letter'] as const;
type Topic = (typeof TOPICS)[number];
type Readers = Readonly<Record<Topic, PlainReader>>;

/** Dead letters that go back to where they came from. */
export const REPLAY_ROWS: readonly FaultRow[] = [
  {
    id: 'F35',
    fault: 'a hundred mixed dead letters are replayed, twice',
    run: async (context) => {
      const readers = await startReaders(context.system);
      try {
        return await replayTwice(context, readers);
      } finally {
        await Promise.all(Object.values(readers).map((reader) => reader.stop()));
      }
    },
  },
];

async function replayTwice({ system, injected, healed }: RowContext, readers: Readers): Promise<readonly string[]> {
  const mark = randomUUID();
  const send = (topic: Topic, messages: readonly PlainMessage[]): Promise<void> =>
    produce(
      system,
      topic,
      messages.map((message) => ({ ...message, headers: { ...message.headers, mark } })),
    );
  const newCallIds = (count: number): string[] => Array.from({ length: count }, () => system.newCallId());
  const creates = (callIds: readonly string[]): PlainMessage[] => callIds.map((callId) => system.createCall(callId));

  // Such as can be taken now: fresh ones, ones that lay too long, ends of calls that never were.
  const [fresh, old, ends] = [newCallIds(35), newCallIds(20), newCallIds(5)];
  await send('commands.dead-letter', aside(system, creates(fresh), Date.now()));
  await send('commands.dead-letter', aside(system, creates(old), Date.now() - HOUR_MS));
  const endCalls = ends.map((callId) => endOf(system, callId));
  await send('commands.dead-letter', aside(system, endCalls, Date.now()));
  // Such as will never be taken: known calls with another body, and poison.
  const known = await system.placeMany(10);
  await system.outcomes(known);
  const untakeable = [...known.map((callId) => otherBody(system, callId)), ...poison(25)];
  await send('commands', untakeable);
  await send('observations', poison(5));
  const letters = (): Letter[] => lettersOf(readers).filter(({ headers }) => String(headers['mark']) === mark);
  const originals = (): Letter[] => letters().filter((letter) => replayOf(letter) === null);
  await until('a hundred are put aside', () => originals().length === 100);
  injected(100);

  const [first, second] = [await replayAll(system), await replayAll(system)];
  healed();
  // Those that are put aside again are the same records, and no more to replay.
  expect(second).toEqual(first);
  const calls = [...fresh, ...old, ...known];
  expect(await system.outcomes(calls)).toEqual([
    ...fresh.map(() => 'created'),
    ...old.map(() => 'expired'),
    ...known.map(() => 'created'),
  ]);
  for (const callId of ends) await system.untilLedger(callId, 'EndRequested');
  for (const original of originals()) await expectReplays(original, readers);
  const asideAgain = 2 * (untakeable.length + 5);
  await until('what cannot be taken is put aside each time', () => letters().length === 100 + asideAgain);
  return calls;
}

/** A dead letter with the topic that it lies in. */
type Letter = PlainRecord & { readonly topic: Topic };

function lettersOf(readers: Readers): Letter[] {
  const topics = ['commands.dead-letter', 'observations.dead-letter'] as const;
  return topics.flatMap((topic) => readers[topic].records.map((record) => ({ ...record, topic })));
}

function replayOf({ headers }: PlainRecord): string | null {
  return headers['replay-of'] === undefined ? null : String(headers['replay-of']);
}

/** I5: twice in its own topic, with its bytes, its key and its headers. */
async function expectReplays(letter: Letter, readers: Readers): Promise<void> {
  const place = `${letter.topic}/${letter.partition}/${letter.offset}`;
  const replays = (): PlainRecord[] => {
    const topic = letter.topic === 'commands.dead-letter' ? 'commands' : 'observations';
    return readers[topic].records.filter((record) => replayOf(record)?.endsWith(place) === true);
  };
  await until(`${place} is back, twice`, () => replays().length === 2);
  const headersOf = ({ headers }: PlainRecord, added: string): [string, unknown][] =>
    Object.entries(headers).filter(([name]) => !name.startsWith(added));
  for (const replay of replays()) {
    expect([replay.key, replay.value]).toEqual([letter.key, letter.value]);
    expect(headersOf(replay, 'replay-').toSorted()).toEqual(headersOf(letter, 'dead-letter-').toSorted());
  }
}

/** @returns the places of the dead letters that were sent */
async function replayAll(system: FaultStack): Promise<string[]> {
  const { replayed } = await callbusJson<{ replayed: { place: string; offset: string | null }[] }>(system.stack, [
    'dead-letters',
    'replay',
    '--all',
  ]);
  for (const { offset } of replayed) expect(offset).not.toBeNull();
  return replayed.map(({ place }) => place);
}

/** As the dispatcher puts records aside. */
function aside(system: FaultStack, messages: readonly PlainMessage[], timestampMs: number): PlainMessage[] {
  return messages.map((message) => ({
    ...message,
    headers: {
      ...message.headers,
      'dead-letter-reason': 'UNEXPECTED',
      'dead-letter-topic': `${system.stack.file.topicPrefix}commands`,
      'dead-letter-partition': '0',
      'dead-letter-offset': '0',
      'dead-letter-timestamp': String(timestampMs),
    },
  }));
}

function endOf(system: FaultStack, callId: string): PlainMessage {
  return commandMessage('EndCall', { callId, tenantId: system.stack.file.caller.tenantId }, randomUUID());
}

function otherBody(system: FaultStack, callId: string): PlainMessage {
  const message = system.createCall(callId);
  const envelope = JSON.parse(String(message.value)) as { data: { call: object } };
  envelope.data.call = { ...envelope.data.call, subject: 'another' };
  return { ...message, value: JSON.stringify(envelope) };
}

function poison(count: number): PlainMessage[] {
  const kinds: PlainMessage[] = [
    { key: randomUUID(), value: 'not JSON' },
    { key: randomUUID(), value: null },
    { key: null, value: Buffer.from([0, 255, 254]), headers: { odd: Buffer.from([255, 0]), twice: ['a', 'b'], '': 'no name' } },
    { key: Buffer.from([0, 0, 0, 0]), value: '{"hello":"world"}' },
    { key: randomUUID(), value: '[]', headers: { long: 'x'.repeat(10_000) } },
  ];
  return Array.from({ length: count }, (_, index) => kinds[index % kinds.length] as PlainMessage);
}

async function produce(system: FaultStack, topic: Topic, messages: readonly PlainMessage[]): Promise<void> {
  const { kafka, topicPrefix } = system.stack.file;
  const producer = await PlainProducer.start(kafka.brokers, topicPrefix + topic);
  await producer.send(...messages);
  await producer.stop();
}

async function startReaders(system: FaultStack): Promise<Readers> {
  const { kafka, topicPrefix } = system.stack.file;
  const started = await Promise.all(
    TOPICS.map(async (topic) => [topic, await PlainReader.start(kafka.brokers, topicPrefix + topic)] as const),
  );
  return Object.fromEntries(started) as unknown as Readers;
}
