import { encodeLedgerRecord } from '@callbus/contracts';
import { BrokerClock } from './broker-clock.js';
import { Ledger, type LedgerOptions } from './ledger.js';
import { ACCEPTED, CALL_ID, intent, START_MS } from './testing/dispatches.js';
import { MemoryLog } from './testing/memory-log.js';
import { LOGGER } from './testing/process-in-memory.js';

let log: MemoryLog;
let fatal: unknown[];
/** What the relay's group has committed. */
let committed: bigint | Promise<bigint>;

beforeEach(() => {
  log = new MemoryLog(() => START_MS);
  committed = 0n;
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
    relayPosition: async () => committed,
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
});

describe('the report of a record', () => {
  it('is kept until the relay’s group has committed it', async () => {
    const ledger = await open();
    await write(encodeLedgerRecord(ACCEPTED));
    await ledger.forgetReported();
    expect(await ledger.reportAt(0n)).toMatchObject([{ kind: 'accepted' }]);
  });

  it('is empty when another process has told it while this one was paused with the record in memory', async () => {
    const ledger = await open();
    await write(encodeLedgerRecord(ACCEPTED));
    await write(encodeLedgerRecord(intent(1)));
    committed = 2n;
    await ledger.forgetReported();
    expect(await ledger.reportAt(0n)).toEqual([]);
    expect(await ledger.reportAt(1n)).toEqual([]);
  });

  it('is asked for again when Kafka does not say whether another process has told it', async () => {
    await write(encodeLedgerRecord(ACCEPTED));
    const ledger = await open(1n);
    committed = Promise.reject(new Error('the coordinator is away'));
    await expect(ledger.reportAt(0n)).rejects.toMatchObject({ code: 'FOLLOWER_LATE' });
  });

  it('ends the process when it was forgotten and somebody set the relay’s offsets back: a start folds it anew', async () => {
    await write(encodeLedgerRecord(ACCEPTED));
    const ledger = await open(1n);
    await expect(ledger.reportAt(0n)).rejects.toMatchObject({ code: 'INVARIANT' });
    expect(await (await open(0n)).reportAt(0n)).toMatchObject([{ kind: 'accepted' }]);
  });
});
