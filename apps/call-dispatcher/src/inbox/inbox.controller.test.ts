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
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { InboxController } from './inbox.controller.js';
import { RoleCheck } from '../dialling/role-check.js';
import { ACCEPTED, APP_ID, CALL_ID, COMMAND, END_REQUESTED, intent, key, START_MS, TENANT_ID } from '../testing/dispatches.js';
import { handOver } from '../testing/hand-over.js';
import { NO_HISTORY } from '../testing/histories.js';
import { MemoryLog } from '../testing/memory-log.js';
import { processOn, type ProcessInMemory } from '../testing/process-in-memory.js';

const OTHER_TENANT_ID = '9e7a4f1f-5b0c-4c8e-9a43-6f1d3c2b7a11';
const NOT_AFTER_DEFAULT_MS = 120_000;
const MAX_CALL_BYTES = 4_096;
const CREATE: CreateCallData = { callId: CALL_ID, tenantId: TENANT_ID, call: COMMAND.call };

let brokerMs: number;
let log: MemoryLog;
let process: ProcessInMemory;
let token: AppToken | undefined;
/** Whether each call has a history, and whether that history has ended. */
let hasHistory: boolean;
let hasEnded: boolean;
/** Whether each call’s history tells that it was never made. */
let hasFailed: boolean;
/** Whether the snapshot of each call is damaged. */
let isHistoryLost: boolean;
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
  hasHistory = true;
  hasEnded = false;
  hasFailed = false;
  isHistoryLost = false;
  const tokens = {
    atHand: () => token,
    youngerThan: () => Promise.reject(new Error('no other token')),
    trouble: () => null,
  };
  const roles = new RoleCheck(tokens, { isOn: true, youngMs: 0 });
  const histories = {
    get: () => (hasHistory ? { ...NO_HISTORY, hasEnded, hasFailed } : undefined),
    isLost: () => isHistoryLost,
  };
  const rules = {
    create: {
      appId: APP_ID,
      apps: new Map([[APP_ID, []]]),
      tenants: [],
      mediaHosts: null,
      notAfterDefaultMs: NOT_AFTER_DEFAULT_MS,
      notAfterRedialExtraMs: 0,
      maxCallBytes: MAX_CALL_BYTES,
    },
    waitingBytes: { perTenant: 10 * MAX_CALL_BYTES, inAll: 15 * MAX_CALL_BYTES },
    unknownEnds: { perCall: 4, perTenant: 3, inAll: 5 },
  };
  inbox = new InboxController(process, { attempts: process.attempts, tokens, roles }, histories, rules);
}

/** Has the inbox take the command, as a record that came at `brokerMs`. */
async function take(command: CloudEvent, headers: Record<string, string> = {}): Promise<void> {
  await handOver(inbox, command, { topic: 'commands', timestampMs: brokerMs, headers });
}

const create = (data: Partial<CreateCallData> = {}, headers?: Record<string, string>): Promise<void> =>
  take(createCallCommand('/test', { ...CREATE, ...data }), headers);

/** The types of what is in the ledger. */
function recorded(): unknown[] {
  return log.records.map(({ value }) => (JSON.parse(String(value)) as { type: unknown }).type);
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

  it('whose notAfter names no instant fails with a history', async () => {
    await create({ notAfter: '2026-01-31T12:00:00' });
    expect(recorded()).toEqual(['Invalid']);
  });

  it('that an earlier release accepted is done with when it comes again, though its notAfter is refused by now', async () => {
    const accepted = { ...ACCEPTED, requestHash: requestHash({ ...COMMAND, ...CREATE }) } as LedgerRecord;
    await process.ledger.append(CALL_ID, [accepted]);
    await create({ notAfter: '2026-01-31' });
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

/** 2,200 kept bodies once took the memory of a pod. Fewer are enough to show that they are not kept. */
const TIMES = 500;
/** Time to read and hash these bodies of 200 KB on a busy machine. */
const TIMES_MS = 60_000;

describe('a large CreateCall', () => {
  const large = (tenantId: string): Promise<void> => {
    const callId = randomUUID();
    const call = { ...COMMAND.call, a: 'x'.repeat(1_500), b: 'x'.repeat(1_500) };
    return take(createCallCommand('/test', { ...CREATE, callId, tenantId, call }));
  };
  const ofType = (type: string): Record<string, unknown>[] =>
    log.records.map(({ value }) => JSON.parse(String(value)) as Record<string, unknown>).filter((one) => one['type'] === type);

  it('fails when its tenant has no room for calls that wait, and not another’s', async () => {
    for (let sent = 0; sent < 30; sent += 1) await large(TENANT_ID);
    const accepted = ofType('Accepted').length;
    expect(accepted).toBeLessThanOrEqual(10);
    expect(ofType('Invalid')).toHaveLength(30 - accepted);
    expect(ofType('Invalid')[0]).toMatchObject({
      command: { tenantId: TENANT_ID, call: {} },
      faults: [{ path: 'call', message: expect.stringContaining('WAITING_MAX_BYTES_PER_TENANT') as string }],
    });
    await large(OTHER_TENANT_ID);
    expect(ofType('Accepted')).toHaveLength(accepted + 1);
  });

  it('fails when all tenants together have no room', async () => {
    for (let sent = 0; sent < 40; sent += 1) await large(randomUUID());
    expect(ofType('Accepted').length).toBeLessThanOrEqual(15);
    expect(JSON.stringify(ofType('Invalid'))).toContain('(WAITING_MAX_BYTES)');
  });

  it('is accepted although calls that were parked in an outage take more than all that may wait', async () => {
    for (let sent = 0; sent < 30; sent += 1) {
      await large(TENANT_ID);
      const callId = String(ofType('Accepted').at(-1)?.['callId']);
      const own = (attempt: LedgerRecord): LedgerRecord => ({ ...attempt, callId });
      await process.ledger.append(callId, [own(intent(1)), own({ type: 'Unknown', ...key(1), why: 'no answer' })]);
    }
    expect([ofType('Accepted').length, ofType('Invalid')]).toEqual([30, []]);
    expect(process.ledger.unknownBytes.inAll()).toBeGreaterThan(15 * MAX_CALL_BYTES);
  });

  it('finds room again when calls that waited are over', async () => {
    for (let sent = 0; sent < 30; sent += 1) await large(TENANT_ID);
    const accepted = ofType('Accepted');
    for (const { callId } of accepted) await take(endCallCommand('/test', { callId: String(callId), tenantId: TENANT_ID }));
    expect(process.ledger.waitingBytes.inAll()).toBe(0);
    await large(TENANT_ID);
    expect(ofType('Accepted')).toHaveLength(accepted.length + 1);
  });

  it(
    'above the size limit fails, however often it comes, and none of its bytes are kept',
    async () => {
      const subject = 'x'.repeat(200_000);
      for (let sent = 0; sent < TIMES; sent += 1) {
        const callId = randomUUID();
        await take(createCallCommand('/test', { ...CREATE, callId, call: { ...COMMAND.call, subject } }));
        expect(process.ledger.get(callId)?.phase).toBe('invalid');
      }
      expect(ofType('Invalid')).toHaveLength(TIMES);
      expect(Math.max(...log.records.map(({ value }) => value?.length ?? 0))).toBeLessThan(1_000);
      expect(process.ledger.waitingBytes.inAll()).toBe(0);
    },
    TIMES_MS,
  );
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

describe('a CreateCall that the ledger does not know, after unreadable records were passed over,', () => {
  it('is put aside when the history knows its call or it came before them, since it may have been dialled (G1)', async () => {
    log.passOver(START_MS);
    await expect(create()).rejects.toMatchObject({ code: 'TOO_OLD' });
    brokerMs = START_MS + 10;
    await expect(create()).rejects.toMatchObject({ code: 'TOO_OLD' });
    expect(recorded()).toEqual([]);
  });

  it('is no dead letter when this process has only not read yet that the ledger knows it', async () => {
    log.passOver(START_MS);
    log.hold();
    const hash = requestHash({ appId: APP_ID, tenantId: TENANT_ID, call: COMMAND.call });
    brokerMs = START_MS + 10;
    const accepted = { ...ACCEPTED, requestHash: hash } as LedgerRecord;
    const work = [process.ledger.append(CALL_ID, [accepted]), expect(create()).resolves.toBeUndefined()];
    await turn();
    log.release();
    await Promise.all(work);
    expect(recorded()).toEqual(['Accepted']);
  });

  it('is accepted when it came after them and the history does not know its call', async () => {
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

describe('an EndCall that comes again', () => {
  const end = (tenantId = TENANT_ID): Promise<void> => take(endCallCommand('/test', { callId: CALL_ID, tenantId }));
  const ends = (): number => recorded().filter((type) => type === 'EndRequested').length;

  async function createdCall(): Promise<void> {
    await create();
    const answer: LedgerRecord = { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' };
    await process.ledger.append(CALL_ID, [intent(1), answer]);
    await end();
  }

  it('is in the ledger before its offset is committed, so that Graph is asked again', async () => {
    await createdCall();
    await end();
    expect([ends(), process.ledger.get(CALL_ID)?.endRepeats]).toEqual([2, 1]);
  });

  it('is in the ledger when this process has not read yet that Graph created the call', async () => {
    await create();
    await process.ledger.append(CALL_ID, [intent(1)]);
    await end();
    log.hold();
    const answer: LedgerRecord = { type: 'Created', ...key(1), provenBy: 'response', graphCallId: 'graph-1' };
    const work = [process.ledger.append(CALL_ID, [answer]), end()];
    expect(process.ledger.get(CALL_ID)?.phase).toBe('open');
    log.release();
    await Promise.all(work);
    expect(process.ledger.get(CALL_ID)).toMatchObject({ phase: 'created', endRepeats: 1 });
  });

  it('adds nothing for another tenant, nor to a call that was cancelled', async () => {
    await create();
    await end();
    await end();
    expect(ends()).toBe(1);
    await end(OTHER_TENANT_ID);
    expect(process.ledger.get(CALL_ID)?.endRepeats).toBe(0);
  });

  it('adds nothing to a call that is over', async () => {
    await createdCall();
    hasEnded = true;
    await end();
    expect(ends()).toBe(1);
  });
});

describe('an EndCall of a call whose records the ledger has lost', () => {
  const end = (): Promise<void> => take(endCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID }));

  it('is put aside each time it comes, while its history shows a call that has not ended', async () => {
    for (let times = 0; times < 2; times += 1) await expect(end()).rejects.toMatchObject({ code: 'NOT_IN_LEDGER' });
    expect(recorded()).toEqual([]);
  });

  it('is put aside when nobody can read its history either', async () => {
    hasHistory = false;
    isHistoryLost = true;
    await expect(end()).rejects.toMatchObject({ code: 'NOT_IN_LEDGER' });
  });

  it('is kept as the end of an unknown call when the history has ended', async () => {
    hasEnded = true;
    await end();
    expect(recorded()).toEqual(['EndRequested']);
  });

  it('is kept so too when the call was never made, as its history tells', async () => {
    hasFailed = true;
    await end();
    expect(recorded()).toEqual(['EndRequested']);
  });
});

it('an EndCall of a call that this process has not read in the ledger yet ends it, whatever the history tells already', async () => {
  log.hold();
  const written = process.ledger.append(CALL_ID, [ACCEPTED]);
  const taken = take(endCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID }));
  log.release();
  await Promise.all([written, taken]);
  expect(process.ledger.get(CALL_ID)?.phase).toBe('cancelled');
});

describe('an EndCall of a call that nobody knows', () => {
  const end = (callId: string, tenantId = TENANT_ID): Promise<void> => take(endCallCommand('/test', { callId, tenantId }));

  beforeEach(() => {
    hasHistory = false;
  });

  it('cancels the call when it comes (F43)', async () => {
    await end(CALL_ID);
    await create();
    expect(process.ledger.get(CALL_ID)?.phase).toBe('cancelled');
  });

  it('is put aside when its tenant has too many of them; other tenants’ are accepted', async () => {
    const known = [randomUUID(), randomUUID(), randomUUID()];
    for (const callId of known) await end(callId);
    await expect(end(randomUUID())).rejects.toMatchObject({ code: 'TOO_MANY_ENDS' });
    for (const callId of known) await end(callId);
    await end(randomUUID(), OTHER_TENANT_ID);
    expect(recorded()).toHaveLength(4);
  });

  it('is put aside when all tenants together have too many of them', async () => {
    for (let asked = 0; asked < 5; asked += 1) await end(randomUUID(), randomUUID());
    await expect(end(randomUUID(), randomUUID())).rejects.toMatchObject({ code: 'TOO_MANY_ENDS' });
  });

  it('is put aside when too many tenants have named its call; one of these may repeat it', async () => {
    const tenants = Array.from({ length: 4 }, () => randomUUID());
    for (const tenantId of tenants) await end(CALL_ID, tenantId);
    await expect(end(CALL_ID)).rejects.toMatchObject({ code: 'TOO_MANY_ENDS' });
    await end(CALL_ID, tenants[0]);
    expect(recorded()).toHaveLength(4);
  });

  it('makes room for another when its call comes, or after three days', async () => {
    for (let asked = 0; asked < 3; asked += 1) await end(asked === 0 ? CALL_ID : randomUUID());
    await create();
    await end(randomUUID());
    await expect(end(randomUUID())).rejects.toMatchObject({ code: 'TOO_MANY_ENDS' });
    brokerMs += 4 * 24 * 3_600_000;
    await process.ledger.append(CALL_ID, [END_REQUESTED]);
    await end(randomUUID());
    expect(process.ledger.announcedEnds.of(TENANT_ID)).toBe(1);
  });
});

describe('a ReleaseCall among the commands of any producer', () => {
  it('is put aside and allows nothing, also when the attempt is parked (G1)', async () => {
    await create();
    await process.ledger.append(CALL_ID, [intent(1), { type: 'Unknown', ...key(1), why: 'reset' }]);
    const forged = { callId: CALL_ID, tenantId: TENANT_ID, attempt: 1, reason: 'forged', operator: 'nobody' };
    await expect(take(releaseCallCommand('/test', forged))).rejects.toMatchObject({ code: 'WRONG_TOPIC' });
    expect(recorded()).toEqual(['Accepted', 'Intent', 'Unknown']);
  });
});
