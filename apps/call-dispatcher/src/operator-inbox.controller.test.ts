import { createCallCommand, releaseCallCommand, type CloudEvent } from '@callbus/contracts';
import { OperatorInboxController } from './operator-inbox.controller.js';
import { ACCEPTED, CALL_ID, COMMAND, intent, key, START_MS, TENANT_ID } from './testing/dispatches.js';
import { MemoryLog } from './testing/memory-log.js';
import { LOGGER, processOn, type ProcessInMemory } from './testing/process-in-memory.js';

const OTHER_TENANT_ID = '9e7a4f1f-5b0c-4c8e-9a43-6f1d3c2b7a11';
const NOT_AFTER_DEFAULT_MS = 120_000;
const NO_HISTORY = {
  hasEnded: false,
  isEstablishing: true,
  refusedEnd: null,
  proven: [],
  surplus: [],
  unreadCallbackId: null,
};
const RELEASE = { callId: CALL_ID, tenantId: TENANT_ID, attempt: 1, reason: 'asked', operator: 'ops' };

let brokerMs: number;
let log: MemoryLog;
let process: ProcessInMemory;
/** Attempts that a snapshot shows as parked: one that is here now, and one that is only on its way. */
let parked: { here: number | null; coming: number | null };
let inbox: OperatorInboxController;

/** Nobody knows whether its only attempt dialled. */
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
  const rules = { notAfterDefaultMs: NOT_AFTER_DEFAULT_MS };
  inbox = new OperatorInboxController(process.ledger, process.metrics, histories, rules, LOGGER);
  await process.ledger.append(CALL_ID, [ACCEPTED, intent(1), { type: 'Unknown', ...key(1), why: 'reset' }]);
});

/** Has the inbox take the command, as a record that came at `brokerMs`. */
async function take(command: CloudEvent, headers: Record<string, string> = {}): Promise<void> {
  const [callId, value] = [Buffer.from(String(command.subject)), Buffer.from(JSON.stringify(command))];
  const record = { topic: 'operator-commands', partition: 0, offset: 0n, timestampMs: brokerMs, key: callId, value, headers };
  await inbox.take(record, { signal: new AbortController().signal, attempt: 1, isLastOfKey: true, note: () => undefined });
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
    await release({}, { 'replay-first-appended': String(START_MS) });
    expect(process.ledger.get(CALL_ID)?.command?.notAfterMs).toBe(START_MS + NOT_AFTER_DEFAULT_MS);
  });

  it('waits for a snapshot that is on its way', async () => {
    parked.coming = 1;
    await release();
    expect(process.ledger.get(CALL_ID)?.phase).toBe('waiting');
  });

  it('does nothing before a snapshot shows the attempt parked (G1)', async () => {
    await release();
    expect(recorded()).not.toContain('Released');
  });

  it('does nothing for another attempt than the one that is parked', async () => {
    parked.here = 1;
    await release({ attempt: 2 });
    expect(recorded()).not.toContain('Released');
  });

  it('does nothing for another tenant’s call', async () => {
    parked.here = 1;
    await release({ tenantId: OTHER_TENANT_ID });
    expect(recorded()).not.toContain('Released');
  });
});

it('puts a CreateCall aside, whose topic is another one', async () => {
  const create = createCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID, call: COMMAND.call });
  await expect(take(create)).rejects.toMatchObject({ code: 'WRONG_TOPIC' });
});
