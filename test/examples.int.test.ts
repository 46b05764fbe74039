import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeCommand,
  encodeEvent,
  partitionOf,
  topicName,
  TOPICS,
  type CallEvent,
  type EventData,
  type EventType,
} from '@callbus/contracts';
import { validateCall } from '@callbus/graph';
import { createKafkaClient, type KafkaClient, type RecordSender } from '@callbus/kafka';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { KAFKA_VERSION } from '../apps/local-stack/src/kafka/kafka-jars.js';
import { until } from '../apps/local-stack/src/until.js';
import { PlainReader } from './support/plain-kafka.js';
import { Program } from './support/program.js';
import { HAS_PYTHON, isThere, PythonEnvironment } from './support/python-environment.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const cache = process.env['CALLBUS_CACHE'] ?? join(PROJECT_ROOT, '.cache');
const examples = join(PROJECT_ROOT, 'examples');
const tenantId = '8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10';
const userId = '112f7296-5fa4-42ca-bae8-6a692b15d4b8';
const PARTITIONS = 3;
/** A virtual machine, or a package that has to be fetched, on a busy machine. */
const SLOW_MS = 180_000;

const python = new PythonEnvironment('python-examples', join(examples, 'python', 'requirements.txt'));
const jars = join(cache, `kafka-${KAFKA_VERSION}`);

interface Example {
  readonly name: string;
  readonly place?: readonly string[];
  readonly follow: readonly string[];
  /** Why it cannot run here. */
  readonly lacks?: string | undefined;
  readonly prepare?: () => void;
}

const node = (file: string): string[] => [process.execPath, join(examples, 'dist', file)];
const java = (file: string): string[] => ['java', '-cp', join(jars, '*'), join(examples, 'java', file)];

const EXAMPLES: readonly Example[] = [
  { name: 'client', place: node('client/place-call.js'), follow: node('client/follow-calls.js') },
  { name: 'nest-subscriber', follow: node('nest-subscriber/main.js') },
  {
    name: 'kcat',
    place: [join(examples, 'kcat', 'place-call.sh')],
    follow: [join(examples, 'kcat', 'follow-calls.sh')],
    lacks: isThere('kcat', '-V') ? undefined : 'kcat (apt-get install kcat)',
  },
  {
    name: 'python',
    place: [python.program('python'), join(examples, 'python', 'place_call.py')],
    follow: [python.program('python'), join(examples, 'python', 'follow_calls.py')],
    lacks: HAS_PYTHON ? undefined : 'Python',
    prepare: () => {
      python.prepare();
    },
  },
  {
    name: 'java',
    place: java('PlaceCall.java'),
    follow: java('FollowCalls.java'),
    lacks: !isThere('java', '-version')
      ? 'Java'
      : existsSync(jars)
        ? undefined
        : `Kafka’s jars in ${jars} (npm run stack fetches them)`,
  },
];

let client: KafkaClient;
let sender: RecordSender;
beforeAll(async () => {
  const nothing = (): void => undefined;
  client = createKafkaClient({
    brokers,
    clientId: 'test',
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  });
  sender = await client.sender();
});
afterAll(async () => {
  await sender.close();
  await client.close();
});

for (const { name, place, follow, lacks, prepare } of EXAMPLES) {
  const title = lacks === undefined ? name : `${name} (not run: this machine lacks ${lacks})`;
  (lacks === undefined ? describe : describe.skip)(`the example ${title}`, () => {
    let topicPrefix: string;
    const running: Program[] = [];

    beforeAll(() => prepare?.(), SLOW_MS);
    beforeEach(async () => {
      topicPrefix = `example-${randomUUID()}.`;
      const topics = [TOPICS.commands, TOPICS.events].map((topic) => topicName(topicPrefix, topic));
      await client
        .admin()
        .ensureTopics(topics.map((topic) => ({ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} })));
    });
    afterEach(async () => {
      for (const program of running.splice(0)) await program.end('SIGKILL');
    });

    const start = ([command = '', ...args]: readonly string[]): Program => {
      const environment = {
        KAFKA_BROKERS: brokers.join(','),
        KAFKA_TOPIC_PREFIX: topicPrefix,
        TENANT_ID: tenantId,
      };
      const program = new Program(command, args, environment);
      running.push(program);
      return program;
    };

    if (place !== undefined) {
      it(
        'places a call that the dispatcher can read, at the partition that our own producers choose',
        async () => {
          const [callId = ''] = await start([...place, userId]).finished();
          const reader = await PlainReader.start(brokers, `${topicPrefix}commands`);
          await until('the command is read', () => reader.records.length > 0);
          await reader.stop();
          const [{ key, value, headers, partition }] = reader.records as [PlainReader['records'][number]];
          const command = decodeCommand(key, value, headers);
          expect(command).toMatchObject({ type: 'CreateCall', data: { callId, tenantId } });
          expect(partition).toBe(partitionOf(callId, PARTITIONS));
          const { call } = command.data as { call: Record<string, unknown> };
          expect(JSON.stringify(call)).toContain(userId);
          expect(validateCall(call)).toEqual([]);
        },
        SLOW_MS,
      );
    }

    it(
      'passes over repeats, is not moved back by a late event, and goes on where it was',
      async () => {
        const callId = randomUUID();
        const send = async (...events: CallEvent[]): Promise<void> => {
          const topic = `${topicPrefix}events`;
          const partition = partitionOf(callId, PARTITIONS);
          await sender.send(events.map((event) => ({ topic, partition, key: callId, ...encodeEvent(event) })));
        };
        const [accepted, created, establishing, established, late, terminated] = historyOf(callId);
        await send(accepted, created, establishing, establishing, established, created, late);
        const first = start(follow);
        await until(`it has shown the events; it ${String(first)}`, () => first.lines.length >= 5, SLOW_MS);
        expect(first.lines).toEqual([
          `${callId} 0000000001 CallAccepted - in time`,
          `${callId} 0000000002 CallCreated - in time`,
          `${callId} 0000000003 CallStateChanged establishing in time`,
          `${callId} 0000000004 CallStateChanged established in time`,
          `${callId} 0000000005 CallStateChanged established late`,
        ]);
        await first.end();
        await send(terminated);
        const second = start(follow);
        await until(`it has shown the last event; it ${String(second)}`, () => second.lines.length > 0, SLOW_MS);
        expect(second.lines).toEqual([`${callId} 0000000006 CallStateChanged terminated in time`]);
        await second.end();
      },
      2 * SLOW_MS,
    );
  });
}

function historyOf(callId: string): [CallEvent, CallEvent, CallEvent, CallEvent, CallEvent, CallEvent] {
  const subject = { callId, graphCallId: null, tenantId, appId: tenantId };
  const event = <T extends EventType>(sequence: number, type: T, data: EventData[T]): CallEvent =>
    ({ type, sequence, time: '2026-01-01T00:00:00.000Z', subject, data }) as CallEvent;
  const state = (sequence: number, state: string, more: Partial<EventData['CallStateChanged']> = {}): CallEvent =>
    event(sequence, 'CallStateChanged', {
      previousState: null,
      state,
      mediaState: { audio: 'active' },
      resultInfo: null,
      terminationReason: null,
      final: false,
      late: false,
      observedBy: 'callback',
      ...more,
    });
  return [
    event(1, 'CallAccepted', { kind: 'peer', media: 'service', notAfter: '2026-01-01T00:02:00.000Z', ifUnknown: 'park' }),
    event(2, 'CallCreated', { attempt: 1, provenBy: 'response', call: { state: 'establishing' } }),
    state(3, 'establishing'),
    state(4, 'established'),
    state(5, 'establishing', { late: true }),
    state(6, 'terminated', { final: true }),
  ];
}
