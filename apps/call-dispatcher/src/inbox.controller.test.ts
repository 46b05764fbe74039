import {
  createCallCommand,
  endCallCommand,
  releaseCallCommand,
  requestHash,
  type CloudEvent,
  type CreateCallData,
  type LedgerRecord,
} from '@callbus/contracts';
import type { AppToken } from '@callbus/graph';
import { InboxController } from './inbox.controller.js';
import { RoleCheck } from './role-check.js';
import { ACCEPTED, APP_ID, CALL_ID, COMMAND, END_REQUESTED, intent, key, START_MS, TENANT_ID } from './testing/dispatches.js';
import { MemoryLog } from './testing/memory-log.js';
import { LOGGER, processOn, type ProcessInMemory } from './testing/process-in-memory.js';

const OTHER_TENANT_ID = '9e7a4f1f-5b0c-4c8e-9a43-6f1d3c2b7a11';
const NOT_AFTER_DEFAULT_MS = 120_000;
const CREATE: CreateCallData = { callId: CALL_ID, tenantId: TENANT_ID, call: COMMAND.call };
const RELEASE = { callId: CALL_ID, tenantId: TENANT_ID, attempt: 1, reason: 'asked', operator: 'ops' };

let brokerMs: number;
let log: MemoryLog;
let process: ProcessInMemory;
let token: AppToken | undefined;
/** Attempts that a snapshot shows as parked: what is here now, and what is only on its way. */
let parked: { here: number | null; coming: number | null };
let hasHistory: boolean;
let inbox: InboxController;

beforeEach(async () => {
  brokerMs = START_MS;
  log = new MemoryLog(() => brokerMs);
  await begin();
});

/** Begins a process on the log. */
async function begin(): Promise<void> {
  process = await processOn(log);
  token = undefined;
  parked = { here: null, coming: null };
  hasHistory = true;
  const tokens = { atHand: () => token };
  const roles = new RoleCheck({ youngerThan: () => Promise.reject(new Error('no other token')) }, { isOn: true, youngMs: 0 });
  const histories = {
    get: () => (hasHistory ? { ...NO_HISTORY, parkedAttempt: parked.here } : undefined),
    caughtUp: () => {
      parked.here = parked.coming;
      return Promise.resolve();
    },
  };
  const rules = {
    appId: APP_ID,
    apps: new Map([[APP_ID, []]]),
    tenants: [],
    notAfterDefaultMs: NOT_AFTER_DEFAULT_MS,
    notAfterRedialExtraMs: 0,
  };
  inbox = new InboxController(process.ledger, process.attempts, tokens, roles, process.metrics, histories, rules, LOGGER);
}

const NO_HISTORY = { hasEnded: false, isEstablishing: true, isEndRefused: false, proven: [], surplus: [] };

/** Has the inbox take the command, as a record that came at `brokerMs`. */
async function take(command: CloudEvent, headers: Record<string, string> = {}): Promise<void> {
  const [callId, value] = [Buffer.from(String(command.subject)), Buffer.from(JSON.stringify(command))];
  const record = { topic: 'commands', partition: 0, offset: 0n, timestampMs: brokerMs, key: callId, value, headers };
  await inbox.take(record, { signal: new AbortController().signal, attempt: 1, isLastOfKey: true, note: () => undefined });
}

const create = (data: Partial<CreateCallData> = {}, headers?: Record<string, string>): Promise<void> =>
  take(createCallCommand('/test', { ...CREATE, ...data }), headers);
const release = (data: Partial<typeof RELEASE> = {}): Promise<void> => take(releaseCallCommand('/test', { ...RELEASE, ...data }));

/** The types of what is in the ledger. */
function recorded(): unknown[] {
  return log.records.map(({ value }) => (JSON.parse(String(value)) as { type: unknown }).type);
}

/** The call, after an attempt that nobody knows of. */
async function unknownCall(): Promise<void> {
  await create();
  await process.ledger.append(CALL_ID, [intent(1), { type: 'Unknown', ...key(1), why: 'reset' }]);
}

describe('a CreateCall', () => {
  it('is dialled at once with a token at hand, and waits without one', async () => {
    await create();
    expect(recorded()).toEqual(['Accepted']);
    token = { value: 'token', expiresAtMs: Infinity, roles: null };
    await create({ callId: 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a12' });
    expect(recorded().slice(1, 3)).toEqual(['Accepted', 'Intent']);
    await process.attempts.drain();
  });

  it('is not dialled with a token that lacks a role that it needs', async () => {
    token = { value: 'token', expiresAtMs: Infinity, roles: ['Calls.JoinGroupCall.All'] };
    await create();
    await process.attempts.drain();
    expect([recorded(), process.graph.posts]).toEqual([['Accepted'], []]);
  });

  it('that repeats another one does nothing, and is put aside with another body', async () => {
    await create();
    await create();
    await expect(create({ call: { ...COMMAND.call, subject: 'another' } })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(recorded()).toEqual(['Accepted']);
  });

  it('is put aside when another one of its callId was first in the ledger only', async () => {
    log.hold();
    const [first, second] = [create(), create({ call: { ...COMMAND.call, subject: 'another' } })];
    log.release();
    await first;
    await expect(second).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('that is a replay has its time from the first append (G9)', async () => {
    brokerMs += 3_600_000;
    await create({}, { 'replay-first-appended': String(START_MS) });
    expect(process.ledger.get(CALL_ID)?.command?.notAfterMs).toBe(START_MS + NOT_AFTER_DEFAULT_MS);
  });
});

describe('a CreateCall that is older than all that is kept of the ledger', () => {
  const LATER: LedgerRecord = { ...ACCEPTED, callId: 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a12' };

  async function takeAfter(...kept: readonly LedgerRecord[]): Promise<void> {
    log = new MemoryLog(() => START_MS + 1, 7);
    await (await processOn(log)).ledger.append(LATER.callId, kept);
    await begin();
    await create();
  }

  it('is put aside: it may have been dialled (G1)', async () => {
    await expect(takeAfter(LATER)).rejects.toMatchObject({ code: 'TOO_OLD' });
  });

  it('is taken when the ledger knows it still', async () => {
    const hash = requestHash({ appId: APP_ID, tenantId: TENANT_ID, call: COMMAND.call });
    await takeAfter({ type: 'Accepted', callId: CALL_ID, command: COMMAND, requestHash: hash });
    expect(recorded()).toEqual(['Accepted']);
  });
});

describe('a CreateCall that the ledger does not know, after records were passed over that nobody can read,', () => {
  it('is put aside where the history knows its call, or it came before them: it may have been dialled (G1)', async () => {
    log.passOver(START_MS);
    await expect(create()).rejects.toMatchObject({ code: 'TOO_OLD' });
    brokerMs = START_MS + 10;
    await expect(create()).rejects.toMatchObject({ code: 'TOO_OLD' });
    expect(recorded()).toEqual([]);
  });

  it('is taken where it came after them and nobody knows its call', async () => {
    log.passOver(START_MS);
    brokerMs = START_MS + 10;
    hasHistory = false;
    await create();
    expect(recorded()).toEqual(['Accepted']);
  });
});

describe('an EndCall', () => {
  it('ends the call of its own tenant only, and once', async () => {
    await create();
    await take(endCallCommand('/test', { callId: CALL_ID, tenantId: OTHER_TENANT_ID }));
    expect(process.ledger.get(CALL_ID)?.phase).toBe('waiting');
    for (let times = 0; times < 2; times += 1) await take(endCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID }));
    expect([process.ledger.get(CALL_ID)?.phase, recorded()]).toEqual([
      'cancelled',
      ['Accepted', END_REQUESTED.type, END_REQUESTED.type],
    ]);
  });
});

describe('a ReleaseCall', () => {
  it('lets a parked call be dialled again, in time that counts from its arrival', async () => {
    await unknownCall();
    parked.here = 1;
    brokerMs += 3_600_000;
    await release();
    expect(process.ledger.get(CALL_ID)).toMatchObject({
      phase: 'waiting',
      command: { notAfterMs: brokerMs + NOT_AFTER_DEFAULT_MS },
    });
  });

  it('waits for a snapshot that is on its way', async () => {
    await unknownCall();
    parked.coming = 1;
    await release();
    expect(process.ledger.get(CALL_ID)?.phase).toBe('waiting');
  });

  it('does nothing before a snapshot shows the attempt parked (G1)', async () => {
    await unknownCall();
    await release();
    expect(recorded()).not.toContain('Released');
  });

  it('does nothing for another attempt than the one that is parked', async () => {
    await unknownCall();
    parked.here = 1;
    await release({ attempt: 2 });
    expect(recorded()).not.toContain('Released');
  });

  it('does nothing for another tenant’s call', async () => {
    await unknownCall();
    parked.here = 1;
    await release({ tenantId: OTHER_TENANT_ID });
    expect(recorded()).not.toContain('Released');
  });
});
