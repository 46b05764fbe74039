import { encodeLedgerRecord, TOPICS } from '@callbus/contracts';
import type { KafkaAdmin } from '@callbus/kafka';
import { BrokerClock } from './broker-clock.js';
import type { Ledger } from './ledger.js';
import { openLedger } from './open-ledger.js';
import { ACCEPTED, CALL_ID, START_MS } from '../testing/dispatches.js';
import { MemoryLog } from '../testing/memory-log.js';
import { LOGGER } from '../testing/process-in-memory.js';

/** Opens this ledger, of which the relay has reported as much, after as many commands were taken. */
async function open(
  log: MemoryLog,
  committed: { reported: bigint | null; taken: bigint | null },
  config: Readonly<Record<string, string>> = TOPICS.dispatchLedger.config,
): Promise<Ledger> {
  const admin: Pick<KafkaAdmin, 'describeTopics' | 'offsets' | 'committed'> = {
    describeTopics: (topics) =>
      Promise.resolve(
        topics.map((topic) => ({
          topic,
          partitions: 1,
          replicationFactor: 1,
          config: topic === 'x.dispatch-ledger' ? config : TOPICS.commands.config,
        })),
      ),
    offsets: () => Promise.resolve([{ partition: 0, start: 0n, end: BigInt(log.records.length) }]),
    committed: (group) => Promise.resolve(new Map([[0, group === 'x.call-dispatcher' ? committed.taken : committed.reported]])),
  };
  const ledger = await openLedger({
    client: { follow: (options) => log.follow(options), admin: () => admin as KafkaAdmin },
    sender: log.sender,
    topicPrefix: 'x.',
    clock: new BrokerClock(),
    logger: LOGGER,
    onFatal: (error) => {
      throw error;
    },
  });
  await ledger.caughtUp();
  return ledger;
}

it('folds a ledger that is new, or goes on from what was reported', async () => {
  const log = new MemoryLog(() => START_MS);
  expect([...(await open(log, { reported: null, taken: null })).all()]).toEqual([]);
  await log.sender.send([{ topic: 'x.dispatch-ledger', partition: 0, key: CALL_ID, value: encodeLedgerRecord(ACCEPTED) }]);
  const committed: { reported: bigint | null; taken: bigint } = { reported: 1n, taken: 1n };
  const ledger = await open(log, committed);
  expect(ledger.get(CALL_ID)?.phase).toBe('waiting');
  expect(await ledger.reportAt(0n)).toEqual([]);
  committed.reported = null;
  await expect(ledger.reportAt(0n)).rejects.toMatchObject({ code: 'INVARIANT' });
});

it('is not opened when it is empty although commands were taken, or ends before what was reported of it (G1)', async () => {
  const empty = new MemoryLog(() => START_MS);
  await expect(open(empty, { reported: null, taken: 1n })).rejects.toMatchObject({ code: 'LEDGER_LOST' });
  await expect(open(empty, { reported: 1n, taken: null })).rejects.toMatchObject({ code: 'LEDGER_LOST' });
});

it('is not opened on a topic that is compacted (G1)', async () => {
  const log = new MemoryLog(() => START_MS);
  const compacted = { ...TOPICS.dispatchLedger.config, 'cleanup.policy': 'compact' };
  await expect(open(log, { reported: null, taken: null }, compacted)).rejects.toMatchObject({ code: 'UNSAFE_TOPIC' });
});
