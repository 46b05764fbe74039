import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeObservation, encodeEvent, encodeObservation, FOLD_VERSION, type Observation } from '@callbus/contracts';
import { createKafkaClient } from '@callbus/kafka';
import fc from 'fast-check';
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { createTopics } from '../apps/local-stack/src/kafka/topics.js';
import type { History } from '../apps/notification-ingest/src/sequencer/fold/history.js';
import { anyLog } from '../apps/notification-ingest/src/sequencer/testing/call-scripts.js';
import {
  accepted,
  bodyOf,
  created,
  foldAll,
  notification,
} from '../apps/notification-ingest/src/sequencer/testing/observations.js';
import { plainKafka, PlainProducer, PlainReader, type PlainMessage, type PlainRecord } from './support/plain-kafka.js';
import { SequencerProcess } from './support/sequencer-process.js';
import { until } from './support/stack-for-tests.js';

// Built sequencers, each a process of its own, on a real broker; what they must tell follows from the log by the pure fold.
const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const PARTITIONS = 4;
const GRAPH_CALL_ID = 'aaaaaaaa-0000-4000-8000-000000000000';
const STORM_TIMEOUT_MS = 240_000;
const nothing = (): void => undefined;

/** Topics of their own, and the sequencers that work in them. */
class Installation {
  readonly sequencers: SequencerProcess[] = [];

  private constructor(
    readonly prefix: string,
    readonly log: PlainReader,
    readonly events: PlainReader,
    readonly snapshots: PlainReader,
    readonly deadLetters: PlainReader,
  ) {}

  static async create(): Promise<Installation> {
    const prefix = `sequencer-${randomUUID()}.`;
    const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    const client = createKafkaClient({ brokers, clientId: 'test', logger });
    await createTopics(client, { brokers, topicPrefix: prefix, partitions: PARTITIONS });
    await client.close();
    const readers = ['observations', 'events', 'snapshots', 'observations.dead-letter'].map((topic) =>
      PlainReader.start(brokers, prefix + topic),
    );
    const [log, events, snapshots, deadLetters] = (await Promise.all(readers)) as [
      PlainReader,
      PlainReader,
      PlainReader,
      PlainReader,
    ];
    return new Installation(prefix, log, events, snapshots, deadLetters);
  }

  /** @param retentionDays by default so many that no old observation of a test counts as one of a forgotten call */
  async start(retentionDays = 3_650): Promise<SequencerProcess> {
    const sequencer = await SequencerProcess.start({
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: this.prefix,
      KAFKA_PARTITIONS: String(PARTITIONS),
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      SNAPSHOT_UPKEEP_INTERVAL_MS: '500',
      SNAPSHOT_RETENTION_DAYS: String(retentionDays),
    });
    this.sequencers.push(sequencer);
    return sequencer;
  }

  async observe(...observations: readonly Observation[]): Promise<void> {
    await this.write('observations', ...observations.map((one) => ({ key: one.callId, value: encodeObservation(one) })));
    // Else what is told of them might be read sooner than they are.
    await this.log.caughtUp();
  }

  async write(topic: string, ...messages: readonly PlainMessage[]): Promise<void> {
    const producer = await PlainProducer.start(brokers, this.prefix + topic);
    await producer.send(...messages);
    await producer.stop();
  }

  /** How many partitions each member of the group has. */
  async shares(): Promise<number[]> {
    const admin = plainKafka(brokers).admin();
    await admin.connect();
    const { groups } = await admin.describeGroups([`${this.prefix}notification-sequencer`]);
    await admin.disconnect();
    return (groups[0]?.members ?? []).map(({ memberAssignment }) => {
      const { assignment = {} } = AssignerProtocol.MemberAssignment.decode(memberAssignment) ?? {};
      return Object.values(assignment).flat().length;
    });
  }

  async untilShared(...shares: readonly number[]): Promise<void> {
    await until(`the shares are ${shares.join(' and ')}`, async () => String(await this.shares()) === String(shares), 60_000);
  }

  async close(): Promise<void> {
    await Promise.all(this.sequencers.map((sequencer) => sequencer.kill()));
    await Promise.all([this.log, this.events, this.snapshots, this.deadLetters].map((reader) => reader.stop()));
  }
}

let installations: Installation[] = [];

async function installation(): Promise<Installation> {
  const one = await Installation.create();
  installations.push(one);
  return one;
}

afterEach(async () => {
  await Promise.all(installations.map((one) => one.close()));
  installations = [];
}, 60_000);

function newCallIds(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

const beginning = (): Observation[] => [accepted(), created(GRAPH_CALL_ID)];
const news = (number: number): Observation =>
  notification(`news-${String(number)}`, bodyOf(GRAPH_CALL_ID, { state: 'established', subject: String(number) }));
const end = (): Observation => notification('end', bodyOf(GRAPH_CALL_ID, { state: 'terminated' }, { changeType: 'deleted' }));

function ofAll(callIds: readonly string[], observations: readonly Observation[]): Observation[] {
  return observations.flatMap((observation) => callIds.map((callId) => ({ ...observation, callId })));
}

/** Keeps calls going, never more than a few observations of each ahead of what is told. */
class Load {
  private waves = 0;
  private isOver = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly where: Installation,
    private readonly callIds: readonly string[],
  ) {
    this.running = this.run();
  }

  /** Waits until more is told while the load goes on. */
  async untilMoreIsTold(events = 100): Promise<void> {
    const before = this.where.events.records.length;
    await until('more is told', () => this.where.events.records.length >= before + events, 60_000);
  }

  /** Ends every call and waits until that is told. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
    await this.where.observe(...ofAll(this.callIds, [end()]));
    for (const callId of this.callIds) await this.where.events.ended(callId, 60_000);
  }

  private async run(): Promise<void> {
    await this.where.observe(...ofAll(this.callIds, beginning()));
    while (!this.isOver) {
      const wave = (this.waves += 1);
      await this.where.observe(...ofAll(this.callIds, [news(wave)]));
      const isNear = (callId: string): boolean => this.where.events.of(callId).length > wave - 10;
      await until('the calls’ histories are near', () => this.isOver || this.callIds.every(isNear), STORM_TIMEOUT_MS);
    }
  }
}

function parsed({ value }: PlainRecord): Record<string, unknown> {
  return JSON.parse(String(value)) as Record<string, unknown>;
}

/** The call's events in the order of the topic. A repeat must be the same, byte for byte. */
function toldOf(events: PlainReader, callId: string): unknown[] {
  const told = new Map<unknown, PlainRecord>();
  for (const record of events.of(callId)) {
    const { id } = parsed(record);
    const first = told.get(id);
    if (first === undefined) told.set(id, record);
    else expect(String(record.value)).toBe(String(first.value));
  }
  return [...told.values()].map(parsed);
}

/** Everything told is what the pure fold makes of the call's observations. @returns the history that it comes to */
function expectTold({ log, events }: Installation, callId: string): History {
  const { history, events: folded } = foldAll(log.of(callId).map(({ value }) => decodeObservation(value)));
  expect(toldOf(events, callId)).toEqual(folded.map((event) => JSON.parse(String(encodeEvent(event).value)) as unknown));
  return history;
}

/** So is the snapshot that counts. */
async function expectFolded(where: Installation, callId: string): Promise<void> {
  const history = expectTold(where, callId);
  expect(await lastSnapshot(where, callId)).toMatchObject({ callId, ...history });
}

/** The snapshot that includes the call's last observation. */
async function lastSnapshot({ log, snapshots }: Installation, callId: string): Promise<Record<string, unknown>> {
  const offset = Number(log.of(callId).at(-1)?.offset);
  const newest = (): Record<string, unknown> | undefined =>
    snapshots
      .of(callId)
      .map(parsed)
      .find((snapshot) => snapshot['offset'] === offset);
  await until('the last observation is in a snapshot', () => newest() !== undefined);
  return newest() ?? {};
}

it(
  'tells every history gapless, in order and to one end although sequencers join, leave and are killed under load',
  async () => {
    const where = await installation();
    const callIds = newCallIds(40);
    const [first, second] = [await where.start(), await where.start()];
    await where.untilShared(2, 2);
    const load = new Load(where, callIds);
    await load.untilMoreIsTold();
    await first.kill();
    const third = await where.start();
    await load.untilMoreIsTold();
    await second.stop();
    const fourth = await where.start();
    await load.untilMoreIsTold();
    await third.kill();
    await where.start();
    await load.untilMoreIsTold();
    await fourth.stop();
    await where.start();
    await where.untilShared(2, 2);
    await load.untilMoreIsTold();
    await load.end();
    for (const callId of callIds) await expectFolded(where, callId);
    expect(where.deadLetters.records).toEqual([]);
  },
  STORM_TIMEOUT_MS,
);

it(
  'lets a sequencer that slept through its session do no harm when it wakes',
  async () => {
    const where = await installation();
    const callIds = newCallIds(40);
    const zombie = await where.start();
    const load = new Load(where, callIds);
    await load.untilMoreIsTold();
    zombie.signal('SIGSTOP');
    await where.start();
    await load.untilMoreIsTold();
    zombie.signal('SIGCONT');
    await where.untilShared(2, 2);
    await load.untilMoreIsTold();
    await load.end();
    for (const callId of callIds) await expectFolded(where, callId);
  },
  STORM_TIMEOUT_MS,
);

it('goes on from the snapshot with the highest offset, and writes it over an older one that a zombie wrote last', async () => {
  const where = await installation();
  const [callId] = newCallIds(1) as [string];
  const observations = ofAll([callId], [...beginning(), news(1), news(2)]);
  const snapshotAfter = (count: number): Buffer => {
    const { history } = foldAll(observations.slice(0, count));
    return Buffer.from(JSON.stringify({ callId, ...history, offset: count - 1, foldVersion: FOLD_VERSION }));
  };
  await where.observe(...observations);
  await where.write('snapshots', { key: callId, value: snapshotAfter(3) }, { key: callId, value: snapshotAfter(2) });
  await where.start();
  await until('the last one is told', () => where.events.of(callId).length > 0);
  expect(toldOf(where.events, callId)).toMatchObject([{ type: 'CallStateChanged', sequence: '0000000004' }]);
  await until('its snapshot is there', () => where.snapshots.of(callId).length === 4);
  const offsets = (): unknown[] => where.snapshots.of(callId).map((record) => parsed(record)['offset']);
  expect(offsets()).toEqual([2, 1, 2, 3]);
  await where.write('snapshots', { key: callId, value: snapshotAfter(1) });
  await until('it is written over while the sequencer works, too', () => offsets().length === 6);
  expect(offsets().slice(4)).toEqual([0, 3]);
});

it('deletes the snapshot of a call that was over 35 days ago, and of no other', async () => {
  const where = await installation();
  const [over, overNow, live] = newCallIds(3) as [string, string, string];
  const longAgo = String(Date.now() - 36 * 24 * 60 * 60 * 1000);
  const snapshotOf = (callId: string, observations: readonly Observation[]): PlainMessage => {
    const { history } = foldAll(observations);
    return { key: callId, value: JSON.stringify({ callId, ...history, offset: 0, foldVersion: FOLD_VERSION }) };
  };
  await where.write(
    'snapshots',
    { ...snapshotOf(over, [...beginning(), end()]), timestamp: longAgo },
    snapshotOf(overNow, [...beginning(), end()]),
    { ...snapshotOf(live, beginning()), timestamp: longAgo },
  );
  await where.start(35);
  await until('there is a tombstone', () => where.snapshots.records.some(({ value }) => value === null));
  // It sends its tombstones together, so by then others would be there too.
  await where.observe(...ofAll([live], [news(1), news(2)]));
  await until('the sequencer goes on', () => where.snapshots.of(live).length === 2);
  expect(where.snapshots.records.filter(({ value }) => value === null).map(({ key }) => String(key))).toEqual([over]);
});

it('tells the same ids, data and order when the whole log is replayed into fresh topics (G5)', async () => {
  const [original, replayed] = [await installation(), await installation()];
  const scripts = fc.sample(anyLog, { numRuns: 40, seed: 5 });
  const scriptOf = new Map(scripts.map((script) => [randomUUID() as string, script]));
  await original.observe(...[...scriptOf].flatMap(([callId, script]) => ofAll([callId], script)));
  const isFolded = async ({ snapshots, events }: Installation): Promise<void> => {
    const offsets = new Map<string, number>();
    for (const { key, offset } of original.log.records) offsets.set(String(key), Number(offset));
    const has = ([callId, offset]: [string, number]): boolean =>
      snapshots.of(callId).some((record) => parsed(record)['offset'] === offset);
    await until('every call is folded', () => [...offsets].every(has), 60_000);
    await events.caughtUp();
  };
  expect(original.log.records).toHaveLength(scripts.flat().length);
  await original.start();
  await isFolded(original);
  await replayed.write('observations', ...original.log.records);
  await replayed.start();
  await isFolded(replayed);
  const toldBy = ({ events }: Installation): string[][] =>
    [...scriptOf.keys()].map((callId) => events.of(callId).map(({ value }) => String(value)));
  expect(toldBy(original).flat().length).toBeGreaterThan(scriptOf.size);
  expect(toldBy(replayed)).toEqual(toldBy(original));
}, 120_000);

it('goes on from a snapshot that a sequencer of fold version 1 wrote before it died, and loses nothing', async () => {
  const where = await installation();
  const old = readFileSync(join(PROJECT_ROOT, 'apps/notification-ingest/fixtures/snapshots/fold-version-1.json'), 'utf8').trim();
  const { callId } = JSON.parse(old) as { callId: string };
  const roster = (id: string, isMuted: boolean): Observation => {
    const participants = ['p1', 'p2'].map((one) => ({ id: one, isMuted: one === 'p1' && isMuted }));
    return notification(id, bodyOf(GRAPH_CALL_ID, participants, { below: '/participants' }));
  };
  const established = notification('established', bodyOf(GRAPH_CALL_ID, { state: 'established' }));
  const included = [...beginning(), established, roster('roster', false)];
  // It had told of the next one, and had written no snapshot of that.
  const told = foldAll([...included, roster('muted', true)]).events;
  await where.write('snapshots', { key: callId, value: old });
  await where.write('events', ...told.map((event) => ({ key: callId, ...encodeEvent(event) })));
  await where.observe(...ofAll([callId], [...included, roster('muted', true), news(1), end()]));
  await where.start();
  await where.events.ended(callId);
  const { sequence } = expectTold(where, callId);
  // What it has seen is what the old one had seen, whose marks were others.
  expect(await lastSnapshot(where, callId)).toMatchObject({ sequence, foldVersion: FOLD_VERSION });
});

/** A member of the group that shares its partitions in a way that ours do not know. */
const foreignAssigner: PartitionAssigner = () => ({
  name: 'Foreign',
  version: 1,
  assign: ({ members }) =>
    Promise.resolve(
      members.map(({ memberId }) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment: {}, userData: Buffer.alloc(0) }),
      })),
    ),
  protocol: ({ topics }) => ({
    name: 'Foreign',
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
  }),
});

it('ends with the reason when its consumer crashed for good: it is not alive and deaf (G7)', async () => {
  const one = await installation();
  const groupId = `${one.prefix}notification-sequencer`;
  const foreign = plainKafka(brokers).consumer({ groupId, partitionAssigners: [foreignAssigner] });
  await foreign.connect();
  await foreign.subscribe({ topic: `${one.prefix}observations` });
  await foreign.run({ eachMessage: () => Promise.resolve() });
  try {
    await expect(one.start()).rejects.toThrow(/supported protocols.*exits with 1/s);
  } finally {
    await foreign.disconnect();
  }
}, 60_000);
