import { encodeLedgerRecord } from '@callbus/contracts';
import { BrokerClock } from './broker-clock.js';
import { Ledger, type LedgerOptions } from './ledger.js';
import { ACCEPTED, CALL_ID, intent, START_MS } from './testing/dispatches.js';
import { MemoryLog } from './testing/memory-log.js';
import { LOGGER } from './testing/process-in-memory.js';

let log: MemoryLog;
let fatal: unknown[];

beforeEach(() => {
  log = new MemoryLog(() => START_MS);
  fatal = [];
});

function open(reportFrom: LedgerOptions['reportFrom'] = 0n): Promise<Ledger> {
  const onFatal = (error: unknown): void => {
    fatal.push(error);
  };
  return Ledger.open({
    client: log,
    sender: log.sender,
    topicPrefix: '',
    clock: new BrokerClock(),
    logger: LOGGER,
    reportFrom,
    onFatal,
  });
}

async function write(value: string | Buffer): Promise<void> {
  await log.sender.send([{ topic: 'dispatch-ledger', partition: 0, key: CALL_ID, value }]);
}

it('stops at a record of a newer version, and folds nothing behind it (G1)', async () => {
  const ledger = await open();
  await write(encodeLedgerRecord(ACCEPTED));
  await write(JSON.stringify({ version: 99, type: 'Forbidden', callId: CALL_ID }));
  await write(encodeLedgerRecord(intent(1)));
  expect(fatal).toMatchObject([{ code: 'UNKNOWN_VERSION' }]);
  expect(ledger.get(CALL_ID)?.phase).toBe('waiting');
});

it('goes on after a record that cannot be read', async () => {
  const ledger = await open();
  await write(encodeLedgerRecord(ACCEPTED));
  await write('no JSON');
  await write(encodeLedgerRecord(intent(1)));
  expect(fatal).toEqual([]);
  expect(ledger.get(CALL_ID)?.phase).toBe('open');
  expect(ledger.condition()).toEqual({ ok: true, reason: expect.stringMatching(/dispatch-ledger\/0 offset 1 \(NOT_JSON\)/) });
});

it('holds for dialled what waited when records were lost, and for old what came before them and is not known (G1)', async () => {
  const ledger = await open();
  await write(encodeLedgerRecord(ACCEPTED));
  log.passOver(START_MS + 10);
  await write(encodeLedgerRecord(intent(1)));
  expect(ledger.get(CALL_ID)).toMatchObject({ phase: 'open', attempts: [{ attempt: 1, nonce: '' }] });
  expect(ledger.hasLostRecords).toBe(true);
  expect([START_MS + 10, START_MS + 11].map((atMs) => ledger.mayHaveForgotten('another', atMs))).toEqual([true, false]);
});

it('refuses to tell what was reported before it began, as after the relay’s offsets were set back', async () => {
  await write(encodeLedgerRecord(ACCEPTED));
  await write(encodeLedgerRecord(intent(1)));
  const ledger = await open(1n);
  await expect(ledger.reportAt(0n)).rejects.toMatchObject({ code: 'INVARIANT' });
  expect(await ledger.reportAt(1n)).toEqual([]);
});
