import { setImmediate as turn } from 'node:timers/promises';
import { createCallCommand, NO_CALL, releaseCallCommand, type CloudEvent, type LedgerRecord } from '@callbus/contracts';
import { OperatorInboxController } from './operator-inbox.controller.js';
import {
  ACCEPTED,
  CALL_ID,
  COMMAND,
  END_REQUESTED,
  GRAPH_ERROR,
  intent,
  key,
  START_MS,
  TENANT_ID,
} from '../testing/dispatches.js';
import { handOver } from '../testing/hand-over.js';
import { NO_HISTORY } from '../testing/histories.js';
import { MemoryLog } from '../testing/memory-log.js';
import { processOn, type ProcessInMemory } from '../testing/process-in-memory.js';

const OTHER_TENANT_ID = '9e7a4f1f-5b0c-4c8e-9a43-6f1d3c2b7a11';
const NOT_AFTER_DEFAULT_MS = 120_000;
const RELEASED: LedgerRecord = { type: 'Released', callId: CALL_ID, attempt: 1, by: 'operator' };
const SECOND_UNKNOWN: LedgerRecord[] = [RELEASED, intent(2), { type: 'Unknown', ...key(2), why: 'reset' }];
const SECOND_REFUSED: LedgerRecord[] = [RELEASED, intent(2), { type: 'Refused', ...key(2), retryAfterMs: 1, error: GRAPH_ERROR }];
const RELEASE = { callId: CALL_ID, tenantId: TENANT_ID, attempt: 1, reason: 'asked', operator: 'ops' };

let brokerMs: number;
let log: MemoryLog;
let process: ProcessInMemory;
/** Attempts that a snapshot shows as parked: one that is here now, and one that is only on its way. */
let parked: { here: number | null; coming: number | null };
let inbox: OperatorInboxController;

/** Nobody knows whether its only attempt dialled. A release comes later than the call, so it has another time to run out. */
beforeEach(async () => {
  brokerMs = START_MS;
  log = new MemoryLog(() => brokerMs);
  process = await processOn(log);
  parked = { here: null, coming: null };
  const histories = {
    get: () => ({ ...NO_HISTORY, parkedAttempt: parked.here }),
    caughtUp: () => {
      parked.here = parked.coming;
      return Promise.resolve();
    },
  };
  const rules = { create: { notAfterDefaultMs: NOT_AFTER_DEFAULT_MS } };
  inbox = new OperatorInboxController(process, histories, rules);
  await process.ledger.append(CALL_ID, [ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' }]);
  brokerMs += 60_000;
});

/** Has the inbox take the command, as a record that came at `brokerMs`. */
async function take(command: CloudEvent, headers: Record<string, string> = {}): Promise<void> {
  await handOver(inbox, command, { topic: 'operator-commands', timestampMs: brokerMs, headers });
}

const release = (data: Partial<typeof RELEASE> = {}, headers?: Record<string, string>): Promise<void> =>
  take(releaseCallCommand('/test', { ...RELEASE, ...data }), headers);

/** The types of the ledger's records. */
function recorded(): unknown[] {
  return log.records.map(({ value }) => (JSON.parse(String(value)) as { type: unknown }).type);
}

describe('a ReleaseCall', () => {
  it('lets a parked call be dialled again, in time that counts from its arrival', async () => {
    parked.here = 1;
    brokerMs += 3_600_000;
    await release();
    expect(process.ledger.get(CALL_ID)).toMatchObject({
      phase: 'waiting',
      command: { notAfterMs: brokerMs + NOT_AFTER_DEFAULT_MS },
    });
  });

  it('that is a replay has its time from the first append (G9)', async () => {
    parked.here = 1;
    brokerMs += 3_600_000;
    await release({}, { 'replay-first-appended': String(START_MS + 1_000) });
    expect(process.ledger.get(CALL_ID)?.command?.notAfterMs).toBe(START_MS + 1_000 + NOT_AFTER_DEFAULT_MS);
  });

  it('of no call, which doctor sends, does nothing and is no dead letter', async () => {
    const before = recorded().length;
    await release({ callId: NO_CALL, tenantId: NO_CALL });
    expect(recorded()).toHaveLength(before);
  });

  it('waits for a snapshot that is on its way', async () => {
    parked.coming = 1;
    await release();
    expect(process.ledger.get(CALL_ID)?.phase).toBe('waiting');
  });

  it('waits for records of the ledger that this process has not read yet', async () => {
    parked = { here: 2, coming: 2 };
    log.hold();
    const written = process.ledger.append(CALL_ID, SECOND_UNKNOWN);
    const taken = expect(release({ attempt: 2 })).resolves.toBeUndefined();
    await turn();
    log.release();
    await Promise.all([written, taken]);
    expect(process.ledger.get(CALL_ID)?.phase).toBe('waiting');
  });

  it('that comes twice, or behind another one, allows one attempt and is no dead letter', async () => {
    parked.here = 1;
    await release();
    await release();
    await process.ledger.append(CALL_ID, [intent(2)]);
    await release();
    expect(recorded().filter((type) => type === 'Released')).toHaveLength(1);
  });

  it.each<[string, LedgerRecord, number | null]>([
    ['has expired, while the call is parked', { type: 'Expired', callId: CALL_ID, why: 'late' }, 1],
    ['has expired, while no snapshot shows the call parked', { type: 'Expired', callId: CALL_ID, why: 'late' }, null],
    ['was cancelled by an end', END_REQUESTED, 1],
  ])('that comes again once it %s, is done with', async (_what, record, parkedAttempt) => {
    parked = { here: 1, coming: parkedAttempt };
    const arrivedAtMs = brokerMs;
    await release();
    brokerMs += NOT_AFTER_DEFAULT_MS + 1;
    await process.ledger.append(CALL_ID, [record]);
    parked.here = parkedAttempt;
    expect(process.ledger.get(CALL_ID)?.phase).toBe('unknown');
    await release({}, { 'replay-first-appended': String(arrivedAtMs) });
    expect(recorded().slice(-2)).toEqual(['Released', record.type]);
  });

  it.each<[string, LedgerRecord[], number | null, Partial<typeof RELEASE>]>([
    ['before a snapshot shows the attempt parked', [], null, {}],
    ['for another attempt than the one that is parked', [], 1, { attempt: 2 }],
    ['for an attempt that a snapshot shows and the ledger does not know', [], 2, { attempt: 2 }],
    ['for another tenant’s call', [], 1, { tenantId: OTHER_TENANT_ID }],
    ['for a call that nobody knows', [], 1, { callId: 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a12' }],
    ['once the end was asked for', [END_REQUESTED], 1, {}],
    ['once the attempt is proven', [{ type: 'Created', ...key(1), provenBy: 'response' }], 1, {}],
    ['for an attempt that Graph refused', SECOND_REFUSED, 1, { attempt: 2 }],
  ])('is put aside, and allows nothing, %s (G1)', async (_what, records, parkedAttempt, data) => {
    await process.ledger.append(CALL_ID, records);
    const before = recorded();
    parked = { here: parkedAttempt, coming: parkedAttempt };
    await expect(release(data)).rejects.toMatchObject({ code: 'NOT_PARKED' });
    expect(recorded()).toEqual(before);
  });
});

it('puts a CreateCall aside, whose topic is another one', async () => {
  const create = createCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID, call: COMMAND.call });
  await expect(take(create)).rejects.toMatchObject({ code: 'WRONG_TOPIC' });
});
