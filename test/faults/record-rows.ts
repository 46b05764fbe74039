import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { callbus, callbusJson } from '../support/callbus.js';
import { CODECS, FOREIGN_PRODUCERS, type ForeignRecord } from '../support/foreign-producers.js';
import { plainKafka } from '../support/plain-kafka.js';
import { until } from '../support/stack-for-tests.js';
import { DISPATCHERS, partitionOfKey, SEQUENCER, type FaultStack } from './fault-stack.js';
import { withAdmin } from './kafka-admin.js';
import type { FaultRow } from './row.js';

const TOPICS = ['dispatch-ledger', 'observations', 'events', 'snapshots'] as const;
const GATEWAY = 'gateway-1';
const SERVICES = [...DISPATCHERS, SEQUENCER, GATEWAY];
const GARBAGE = Buffer.from([0, 0]);
/** More than KAFKA_MAX_BATCH_BYTES, and a few kilobytes on the wire. */
const BOMB = Buffer.alloc(65 * 1024 * 1024);
// Node sees no further names in that CommonJS module.
const { CompressionTypes, ConfigResourceTypes } = kafkajs;

interface Readiness {
  readonly ok: boolean;
  readonly conditions: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>;
}

async function readinessOf({ stack }: FaultStack, name: string): Promise<Readiness> {
  const { managementUrl } = stack.current().processes.find((one) => one.name === name) ?? {};
  return (await (await fetch(`${managementUrl ?? ''}/readyz`)).json()) as Readiness;
}

/** Waits until each of these says so at /readyz. */
async function untilTold(system: FaultStack, names: readonly string[], condition: string, reason: RegExp | null): Promise<void> {
  for (const name of names) {
    await until(`${name} says ${String(reason)} of ${condition}`, async () => {
      const { conditions } = await readinessOf(system, name);
      const said = conditions[condition]?.reason;
      return reason === null ? said === undefined : said !== undefined && reason.test(said);
    });
  }
}

/** Changes one setting of the topics and keeps all others. */
async function setCompression(system: FaultStack, type: string): Promise<void> {
  await withAdmin(system, async (admin, prefix) => {
    const names = ['commands', ...TOPICS].map((topic) => `${prefix}${topic}`);
    const asked = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: asked });
    await admin.alterConfigs({
      validateOnly: false,
      resources: resources.map(({ resourceName, configEntries }) => {
        const set = configEntries.filter(({ configName, isDefault }) => !isDefault && configName !== 'compression.type');
        const kept = set.map(({ configName, configValue }) => ({ name: configName, value: configValue }));
        return {
          type: ConfigResourceTypes.TOPIC,
          name: resourceName,
          configEntries: [...kept, { name: 'compression.type', value: type }],
        };
      }),
    });
  });
}

/** A record that readers ignore, in each topic except the commands: it is enough that they decompress it. */
function noiseIn(prefix: string): ForeignRecord[] {
  return TOPICS.map((topic) => {
    const key = randomUUID();
    const partition = topic === 'dispatch-ledger' ? 0 : partitionOfKey(key);
    return { topic: `${prefix}${topic}`, partition, key, value: 'noise, '.repeat(200) };
  });
}

async function writeBomb(system: FaultStack, topic: string, partition: number): Promise<bigint> {
  const { kafka, topicPrefix } = system.stack.file;
  const producer = plainKafka(kafka.brokers).producer();
  await producer.connect();
  const messages = [{ key: randomUUID(), value: BOMB, partition }];
  const [sent] = await producer.send({ topic: `${topicPrefix}${topic}`, compression: CompressionTypes.GZIP, messages });
  await producer.disconnect();
  return BigInt(sent?.baseOffset ?? -1);
}

interface Repairs {
  readonly damage: readonly { readonly topic: string; readonly firstOffset: string; readonly isOrdered: boolean }[];
}

/** Records that other clients write in other codecs, and unreadable records. */
export const RECORD_ROWS: readonly FaultRow[] = [
  {
    id: 'F60',
    fault: 'records of other producers in every codec, and topics with a codec of their own',
    run: async ({ system, random, injected, healed }) => {
      const { file } = system.stack;
      const producers = FOREIGN_PRODUCERS.filter(({ lacks }) => lacks === undefined);
      for (const { prepare } of producers) prepare();
      const isWhole = process.env['FAULT_SEED'] !== undefined;
      const shift = random.between(0, producers.length - 1);
      const pids = system.servicePids();
      const callIds: string[] = [];
      for (const [index, codec] of CODECS.entries()) {
        const chosen = isWhole ? producers : producers.slice((index + shift) % producers.length).slice(0, 1);
        for (const { produce } of chosen) {
          const callId = system.newCallId();
          callIds.push(callId);
          const { value } = system.createCall(callId);
          const command = {
            topic: `${file.topicPrefix}commands`,
            partition: partitionOfKey(callId),
            key: callId,
            value: String(value),
          };
          await produce(file.kafka.brokers, codec, [command, ...noiseIn(file.topicPrefix)]);
          injected();
        }
      }
      const packing = CODECS.filter((codec) => codec !== 'none');
      for (const codec of isWhole ? packing : [random.pick(packing)]) {
        await setCompression(system, codec);
        callIds.push(await system.place());
        injected();
      }
      healed();
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['created']));
      await setCompression(system, 'producer');
      expect(system.servicePids()).toEqual(pids);
      return callIds;
    },
  },
  {
    id: 'F65',
    fault: 'a damaged record on each internal topic, and batches that nobody can read',
    run: async ({ system, injected, healed }) => {
      const { file } = system.stack;
      const { topicPrefix: prefix } = file;
      const producer = plainKafka(file.kafka.brokers).producer();
      await producer.connect();
      const write = async (topic: string, key: string, partition = partitionOfKey(key)): Promise<void> => {
        await producer.send({ topic: `${prefix}${topic}`, messages: [{ key, value: GARBAGE, partition }] });
        injected();
      };
      const [live = ''] = await system.placeLive(1);
      const nobody = randomUUID();
      await write('snapshots', nobody);
      await write('snapshots', 'no-call');
      await write('snapshots', live);
      await write('dispatch-ledger', randomUUID(), 0);
      await write('observations', randomUUID());
      await write('events', randomUUID());
      await producer.disconnect();
      // Each reads everything anew, and starts.
      for (const name of SERVICES) {
        await system.kill(name);
        await system.restart(name);
      }
      await system.untilShared();
      await untilTold(system, SERVICES, 'snapshots', /snapshots\/\d+ offset \d+ .*topics repair/);
      await untilTold(system, DISPATCHERS, 'ledger', /dispatch-ledger\/0 offset \d+ \(NOT_JSON\)/);
      const placed = await system.place();
      await system.endAll([live]);

      const pids = system.servicePids();
      const callId = system.newCallId();
      const inCommands = await writeBomb(system, 'commands', partitionOfKey(callId));
      const inLedger = await writeBomb(system, 'dispatch-ledger', 0);
      injected(2);
      await system.commands.send(system.createCall(callId));
      await untilTold(system, DISPATCHERS, 'kafka records', new RegExp(`dispatch-ledger/0 offset ${String(inLedger)} `));
      const before = await callbusJson<Repairs>(system.stack, ['topics', 'repair']);
      expect(before.damage.map(({ topic, firstOffset }) => `${topic}/${firstOffset}`)).toContain(
        `${prefix}dispatch-ledger/${String(inLedger)}`,
      );
      expect((await callbus(system.stack, ['doctor', '--read-only'])).output).toMatch(
        new RegExp(`failed +records of the topics +${prefix}dispatch-ledger/0 offset ${String(inLedger)}`),
      );
      expect(before.damage.some(({ isOrdered }) => isOrdered)).toBe(false);
      healed();
      const ordered = await callbus(system.stack, ['topics', 'repair', '--apply', '--operator', 'test']);
      expect([ordered.exitCode, ordered.output]).toEqual([0, expect.stringContaining('ordered')]);
      expect(new Set(await system.outcomes([placed, callId]))).toEqual(new Set(['created']));
      await untilTold(system, DISPATCHERS, 'kafka records', null);
      await untilTold(system, SERVICES, 'snapshots', null);
      const letters = system.deadLetters.records.filter(
        ({ headers }) => String(headers['dead-letter-reason']) === 'UNREADABLE_BATCH',
      );
      // A letter may come twice, when the group assigns its partition anew before the commit; a batch that is read again and again would bring many.
      expect(letters.length).toBeLessThanOrEqual(3);
      expect(new Set(letters.map(({ headers }) => String(headers['dead-letter-offset'])))).toEqual(new Set([String(inCommands)]));
      expect(system.servicePids()).toEqual(pids);
      return [live, placed, callId];
    },
  },
];
