import { encodeLedgerRecord, type LedgerRecord } from '@callbus/contracts';
import type { ReceivedRecord, RecordContext } from '@callbus/kafka';
import { ObservationSender } from './observation-sender.js';
import { RelayController } from './relay.controller.js';
import { ACCEPTED, CALL_ID, intent, START_MS } from '../testing/dispatches.js';
import { MemoryLog } from '../testing/memory-log.js';
import { processOn, type ProcessInMemory } from '../testing/process-in-memory.js';

const CONTEXT: RecordContext = {
  signal: new AbortController().signal,
  attempt: 1,
  firstTriedAtMs: 0,
  isLastOfKey: true,
  note: () => undefined,
};
const HOUR_MS = 3_600_000;

let ledgerLog: MemoryLog;
let observations: MemoryLog;
let process: ProcessInMemory;

beforeEach(async () => {
  ledgerLog = new MemoryLog(() => START_MS);
  observations = new MemoryLog(() => START_MS);
  process = await processOn(ledgerLog);
});

function relayThatLingers(lingerMs: number): RelayController {
  const sender = new ObservationSender(observations.sender, { topicPrefix: '', partitions: 12 });
  return new RelayController(process, sender, { lingerMs });
}

/** Appends it to the ledger. @returns the record as the relay reads it */
async function appended(record: LedgerRecord): Promise<ReceivedRecord> {
  await ledgerLog.sender.send([{ topic: '', partition: 0, key: CALL_ID, value: encodeLedgerRecord(record) }]);
  return ledgerLog.records.at(-1) as ReceivedRecord;
}

test('reports what took effect only after it has lingered, by the broker’s clock', async () => {
  const accepted = await appended(ACCEPTED);
  await relayThatLingers(20).report(accepted, CONTEXT);
  expect(process.clock.nowMs()).toBeGreaterThanOrEqual(START_MS + 19);
  expect(observations.records).toHaveLength(1);
});

test('reports at once what is older than that', async () => {
  const accepted = await appended(ACCEPTED);
  process.clock.observe(START_MS + HOUR_MS);
  await relayThatLingers(HOUR_MS).report(accepted, CONTEXT);
  expect(observations.records).toHaveLength(1);
});

test('does not linger over what the history has no word for', async () => {
  await appended(ACCEPTED);
  await relayThatLingers(HOUR_MS).report(await appended(intent(1)), CONTEXT);
  expect(observations.records).toHaveLength(0);
});
