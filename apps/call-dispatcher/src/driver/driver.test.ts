import { setImmediate as turn } from 'node:timers/promises';
import type { LedgerRecord } from '@callbus/contracts';
import { GraphClient, type AppToken } from '@callbus/graph';
import { CallHistories } from '../follow-ups/call-histories.js';
import { Driver } from './driver.js';
import { FollowUps } from '../follow-ups/follow-ups.js';
import { ObservationSender } from '../relay/observation-sender.js';
import { RoleCheck } from '../dialling/role-check.js';
import { ACCEPTED, CALL_ID, GRAPH_ERROR, intent, key, ORPHAN_MS, START_MS } from '../testing/dispatches.js';
import { RULES } from '../testing/histories.js';
import { MemoryLog } from '../testing/memory-log.js';
import { processOn, type ProcessInMemory } from '../testing/process-in-memory.js';

const WITHOUT_ROLES: AppToken = { value: 'old', expiresAtMs: Infinity, roles: [] };
const REFUSED_401: LedgerRecord = {
  type: 'Refused',
  ...key(1),
  retryAfterMs: 0,
  error: { httpStatus: 401, code: 'x', message: 'no' },
};
/** Turns of the event loop in which whatever was going to be done at once is done. */
const TURNS = 50;

let brokerMs: number;
let log: MemoryLog;
let process: ProcessInMemory;
let token: AppToken;
/** What a request for a new token waits for. */
let renewed: Promise<AppToken>;
/** Ages, ms, that tokens were to be younger than. */
let agesAsked: number[];
let driver: Driver;

beforeEach(async () => {
  brokerMs = START_MS;
  log = new MemoryLog(() => brokerMs);
  process = await processOn(log);
  token = WITHOUT_ROLES;
  agesAsked = [];
  renewed = Promise.resolve(WITHOUT_ROLES);
  const tokens = {
    atHand: () => token,
    get: () => renewed,
    refresh: () => renewed,
    youngerThan: (_owner: unknown, ageMs: number) => {
      agesAsked.push(ageMs);
      return renewed;
    },
    trouble: () => null,
  };
  const client = new GraphClient({ baseUrl: 'https://graph.invalid' });
  const observations = new ObservationSender(log.sender, { topicPrefix: '', partitions: 1 });
  const roles = new RoleCheck(tokens, { isOn: true, youngMs: 0 });
  driver = new Driver(
    process,
    { attempts: process.attempts, tokens, roles },
    {
      histories: new CallHistories({ get: () => undefined, isLost: () => false }, () => START_MS),
      followUps: new FollowUps(process, { client, tokens }, { observations, rules: RULES, maxWaitMs: 300_000 }),
      rules: RULES,
      isMine: () => true,
      onFatal: (error) => {
        throw error;
      },
    },
  );
});

afterEach(() => {
  driver.stop();
});

/** Lets the driver look at a call with these records, and do what it does at once. @returns the types of what is in the ledger then */
async function drive(...records: readonly LedgerRecord[]): Promise<unknown[]> {
  await process.ledger.append(CALL_ID, records);
  driver.look(CALL_ID);
  return settled();
}

async function settled(): Promise<unknown[]> {
  for (let turns = 0; turns < TURNS; turns += 1) await turn();
  await process.attempts.drain();
  return log.records.map(({ value }) => (JSON.parse(String(value)) as { type: unknown }).type);
}

it('dials a call that waits', async () => {
  token = { ...WITHOUT_ROLES, roles: null };
  expect(await drive(ACCEPTED)).toEqual(['Accepted', 'Intent', 'Created']);
});

it('forbids a call whose role no token has, before it is dialled', async () => {
  expect(await drive(ACCEPTED)).toEqual(['Accepted', 'Forbidden']);
  expect(process.graph.posts).toEqual([]);
});

it('leaves the roles to Graph once it was asked', async () => {
  const throttled: LedgerRecord = { type: 'Refused', ...key(1), retryAfterMs: 0, error: GRAPH_ERROR };
  expect(await drive(ACCEPTED, intent(1), throttled)).toEqual(['Accepted', 'Intent', 'Refused', 'Intent', 'Created']);
});

it('dials with a token that was asked for since Graph refused the last one', async () => {
  process.clock.observe(START_MS + 1_000);
  expect(await drive(ACCEPTED, intent(1), REFUSED_401)).toEqual(['Accepted', 'Intent', 'Refused', 'Intent', 'Created']);
  expect(agesAsked).toEqual([expect.closeTo(1_500, -3)]);
});

it('begins nothing once it was stopped, not even what waited for a token', async () => {
  let come: ((token: AppToken) => void) | undefined;
  renewed = new Promise((resolve) => (come = resolve));
  const before = await drive(ACCEPTED, intent(1), REFUSED_401);
  driver.stop();
  come?.(WITHOUT_ROLES);
  expect(await settled()).toEqual(before);
});

it('does not repeat at once what took no effect, as before its time by the clock of a broker that is behind', async () => {
  process.clock.observe(START_MS + ORPHAN_MS + 60_000);
  expect(await drive(ACCEPTED, intent(1))).toEqual(['Accepted', 'Intent', 'Unknown']);
});

describe('when Graph has asked the app to wait', () => {
  const OTHER_ID = 'c4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a11';

  async function throttled(retryAfterMs: number): Promise<unknown[]> {
    token = { ...WITHOUT_ROLES, roles: null };
    const refused: LedgerRecord = { type: 'Refused', ...key(1), retryAfterMs, error: GRAPH_ERROR };
    const ofOther = [ACCEPTED, intent(1), refused].map((record) => ({ ...record, callId: OTHER_ID }));
    await process.ledger.append(OTHER_ID, ofOther);
    return drive(ACCEPTED);
  }

  it('dials no other call of it either', async () => {
    expect(await throttled(3_600_000)).toEqual(['Accepted', 'Intent', 'Refused', 'Accepted']);
  });

  it('goes on by itself when the time is over', async () => {
    await throttled(50);
    const deadline = performance.now() + 4_000;
    while (process.graph.posts.length === 0 && performance.now() < deadline) await turn();
    await settled();
    expect(process.ledger.get(CALL_ID)?.phase).toBe('created');
  });
});
