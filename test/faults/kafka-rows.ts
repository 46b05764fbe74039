import { ConfigResourceTypes, type Admin } from 'kafkajs';
import { until } from '../support/stack-for-tests.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { DISPATCHERS, partitionOfKey, PROXIED, SEQUENCER } from './fault-stack.js';
import { withAdmin } from './kafka-admin.js';
import type { FaultRow } from './row.js';

const PRODUCE = 0;
const FETCH = 1;

/** What a Kafka request is: after its length come two bytes of API key. */
function apiKeyOf(bytes: Buffer): number {
  return bytes.length >= 6 ? bytes.readInt16BE(4) : -1;
}

/** AlterConfigs sets all that it does not name back to the default, so everything that is set is named. */
async function changeConfig(admin: Admin, topic: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  const present = (resources[0]?.configEntries ?? []).filter(({ isDefault }) => !isDefault);
  const entries = new Map([
    ...present.map(({ configName, configValue }) => [configName, configValue] as const),
    ...Object.entries(changes),
  ]);
  const configEntries = [...entries].map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] });
}

const LOST_ACKNOWLEDGEMENTS = 3;

/** What was written is not acknowledged: the connection is reset in place of the answer. @returns how often that was so */
function loseAcknowledgements(proxy: TcpProxy): () => number {
  const appending = new Set<object>();
  let cuts = 0;
  proxy.setRules({
    onRequest: (bytes, connection) => {
      if (apiKeyOf(bytes) === PRODUCE) appending.add(connection);
    },
    onAnswer: (_bytes, connection) => {
      if (cuts >= LOST_ACKNOWLEDGEMENTS || !appending.has(connection)) return true;
      cuts += 1;
      connection.reset();
      return false;
    },
  });
  return () => cuts;
}

/** Kafka, or the way to it, that fails. */
export const KAFKA_ROWS: readonly FaultRow[] = [
  {
    id: 'F23',
    fault: 'a dispatcher is cut off from Kafka with a POST in flight',
    run: async ({ system, injected, healed }) => {
      const callId = system.newCallId(PROXIED);
      await system.fault({ on: 'create', action: 'hold', ms: 1_000, match: { callId } });
      await system.commands.send(system.createCall(callId));
      await until('it was dialled', async () => (await system.postsOf(callId)).length > 0);
      system.kafka.set('hold');
      injected();
      await until('Graph has answered', async () => (await system.postsOf(callId))[0]?.answered?.status === 201);
      // The partner takes the partitions over; the call is not its to dial.
      await system.untilOwnedBy('call-dispatcher-2');
      const other = await system.place();
      await system.outcomes([other]);
      system.kafka.heal();
      healed();
      expect(await system.outcomes([callId])).toEqual(['created']);
      await system.untilLedger(callId, 'Created');
      expect(await system.postsOf(callId)).toHaveLength(1);
      return [callId, other];
    },
  },
  {
    id: 'F24',
    fault: 'appends pass and the ledger’s reader lags',
    run: async ({ system, injected, healed }) => {
      const isOfLedger = Buffer.from('dispatch-ledger');
      system.kafka.setRules({
        onRequest: (bytes, connection) => {
          if (apiKeyOf(bytes) === FETCH && bytes.includes(isOfLedger)) connection.holdAnswers();
        },
      });
      injected();
      const marker = await system.place({ of: 'call-dispatcher-2' });
      await system.outcomes([marker]);
      const callId = await system.place({ of: PROXIED });
      await system.untilLedger(callId, 'Intent');
      const later = await system.place({ of: 'call-dispatcher-2' });
      await system.outcomes([later]);
      expect(await system.postsOf(callId)).toHaveLength(0);
      system.kafka.heal();
      healed();
      await system.outcomes([callId]);
      return [marker, callId, later];
    },
  },
  {
    id: 'F25',
    fault: 'acknowledgements of appends are lost, the dispatcher’s and the receiver’s',
    run: async ({ system, injected, healed }) => {
      const proxies = [system.kafka, system.receiverKafka];
      const cuts = proxies.map(loseAcknowledgements);
      const callIds = await system.placeMany(6, { of: PROXIED });
      await until('acknowledgements were lost', () => cuts.every((count) => count() >= LOST_ACKNOWLEDGEMENTS), 60_000);
      injected(cuts.reduce((sum, count) => sum + count(), 0));
      for (const proxy of proxies) proxy.heal();
      healed();
      await system.outcomes(callIds);
      await system.untilTold(callIds);
      return callIds;
    },
  },
  {
    id: 'F28',
    fault: 'the dispatchers’ groups are reset to the earliest offset, and commands have become stale meanwhile',
    run: async ({ system, injected, healed }) => {
      const callIds = await system.placeMany(5);
      await system.outcomes(callIds);
      await system.untilInOrder(callIds);
      await Promise.all(DISPATCHERS.map((name) => system.kill(name)));
      const postsBefore = (await system.evidence()).posts.all.length;
      const overAtMs = Date.now() + 1_000;
      const stale = await system.placeMany(3, { notAfter: new Date(overAtMs).toISOString() });
      await withAdmin(system, async (admin, prefix) => {
        for (const [group, topic] of [
          ['call-dispatcher', 'commands'],
          ['call-dispatcher-operator', 'operator-commands'],
          ['call-dispatcher-relay', 'dispatch-ledger'],
        ] as const) {
          const groupId = `${prefix}${group}`;
          const isEmpty = async (): Promise<boolean> =>
            (await admin.describeGroups([groupId])).groups.every(({ members }) => members.length === 0);
          await until(`${groupId} has no members`, isEmpty);
          await admin.resetOffsets({ groupId, topic: `${prefix}${topic}`, earliest: true });
        }
      });
      injected(2);
      await until('what was placed meanwhile is stale', () => Date.now() > overAtMs);
      await Promise.all(DISPATCHERS.map((name) => system.restart(name)));
      healed();
      // What is placed now comes after all that is read again.
      await system.untilShared();
      const after = await system.placeMany(24);
      expect(new Set(await system.outcomes(after))).toEqual(new Set(['created']));
      const { posts } = await system.evidence();
      expect(posts.all.filter(({ callId }) => !after.includes(callId)).length).toBe(postsBefore);
      expect(new Set(await system.outcomes(stale))).toEqual(new Set(['expired']));
      return [...callIds, ...after, ...stale];
    },
  },
  {
    id: 'F29',
    fault: 'records are deleted before the sequencer has read them',
    run: async ({ system, injected, healed }) => {
      const ended = await system.place();
      await system.events.ended(ended);
      const target = await system.callbackTarget(ended);
      const partition = partitionOfKey(ended);
      await system.kill(SEQUENCER);
      const told = system.notificationsOf(ended);
      expect((await system.callBack(target, { toneInfo: { sequenceId: 1, tone: 'tone1' } })).status).toBe(202);
      await system.untilObserved([ended], told + 1);
      await withAdmin(system, async (admin, prefix) => {
        const topic = `${prefix}observations`;
        const high = (await admin.fetchTopicOffsets(topic)).find((range) => range.partition === partition)?.high ?? '0';
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: high }] });
      });
      injected();
      // What comes after them must not be passed over with them.
      const callIds = Array.from({ length: 3 }, () => system.newCallIdIn(partition));
      await system.commands.send(...callIds.map((callId) => system.createCall(callId)));
      const isObserved = (callId: string): boolean => system.observationsOf(callId).some(({ kind }) => kind === 'outcome');
      await until('all is written', () => callIds.every(isObserved));
      await system.restart(SEQUENCER);
      healed();
      expect(await system.outcomes(callIds)).toEqual(callIds.map(() => 'created'));
      const alerts = system.stack.log(SEQUENCER).split('"code":"RECORDS_GONE"').length - 1;
      expect(alerts).toBeGreaterThan(0);
      return [ended, ...callIds];
    },
  },
  {
    id: 'F30',
    fault: 'old segments of the ledger go, snapshots are compacted, and new processes restore',
    run: async ({ system, injected, healed }) => {
      const early = await system.placeMany(5);
      await system.outcomes(early);
      await system.untilInOrder(early);
      await Promise.all(early.map((callId) => system.events.ended(callId)));
      await withAdmin(system, async (admin, prefix) => {
        const compacted = { 'min.compaction.lag.ms': '0', 'min.cleanable.dirty.ratio': '0' };
        await changeConfig(admin, `${prefix}dispatch-ledger`, { 'segment.ms': '1000' });
        await changeConfig(admin, `${prefix}snapshots`, { 'segment.ms': '1000', ...compacted });
        const [ledger] = await admin.fetchTopicOffsets(`${prefix}dispatch-ledger`);
        await admin.deleteTopicRecords({
          topic: `${prefix}dispatch-ledger`,
          partitions: [{ partition: 0, offset: ledger?.high ?? '0' }],
        });
      });
      injected(2);
      await Promise.all([...DISPATCHERS, SEQUENCER].map((name) => system.restart(name)));
      healed();
      await system.untilShared();
      const later = await system.placeMany(10);
      expect(new Set(await system.outcomes(later))).toEqual(new Set(['created']));
      return [...early, ...later];
    },
  },
  {
    id: 'F39',
    fault: 'the partition count is raised while everything runs',
    run: async ({ system, injected, healed }) => {
      await withAdmin(system, (admin, prefix) =>
        admin.createPartitions({ topicPartitions: [{ topic: `${prefix}observations`, count: 18 }] }),
      );
      injected();
      const callIds = await system.placeMany(10);
      expect(new Set(await system.outcomes(callIds))).toEqual(new Set(['created']));
      await expect(system.restart(PROXIED)).rejects.toThrow(/PARTITION_COUNT|partitions/);
      healed();
      return callIds;
    },
  },
];
