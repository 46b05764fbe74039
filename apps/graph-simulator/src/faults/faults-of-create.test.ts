import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { CreateCallOutcome } from '@callbus/graph';
import { drivenSimulator, idOf } from '../testing/driven-simulator.js';

const sim = await drivenSimulator();
const { create, postsOf, liveCalls, fault } = sim;

afterEach(() => sim.reset());
afterAll(() => sim.close());

describe('faults of a create', () => {
  it('status: answers as ordered and creates nothing', async () => {
    await fault({
      on: 'create',
      action: 'status',
      status: 429,
      headers: { 'Retry-After': '2' },
      body: { error: { code: 'TooManyRequests', message: 'm' } },
    });
    const { callId, outcome } = await create(1);
    expect(outcome).toMatchObject({ kind: 'throttled', retryAfterMs: 2_000, error: { code: 'TooManyRequests' } });
    expect(await postsOf(callId)).toMatchObject([{ answered: { status: 429 } }]);
    expect((await liveCalls()).filter((call) => call.callId === callId)).toEqual([]);
    idOf((await create(1)).outcome);
  });

  it('hold, once created: callbacks come before the answer does', async () => {
    await fault({ on: 'create', action: 'hold', when: 'created' });
    const { callId, created } = ((callId) => ({ callId, created: create(1, {}, callId) }))(randomUUID());
    await sim.receiver.untilTold(callId, 'established');
    expect(await postsOf(callId)).toMatchObject([{ answered: null }]);
    await sim.control('DELETE', 'faults');
    idOf((await created).outcome);
  });

  it('reset-before-read: the connection is gone before the body was read', async () => {
    await fault({ on: 'create', action: 'reset-before-read' });
    const { callId, outcome } = await create(1);
    expect(outcome.kind).toBe('unknown');
    expect(await postsOf(callId)).toEqual([]);
  });

  it.each(['reset-after-read', 'never-answer'])('%s: the request was read, nothing was created', async (action) => {
    await sim.control('PUT', 'script', { talkMs: null });
    await fault({ on: 'create', action });
    const { callId, outcome } = await create(1);
    expect(outcome.kind).toBe('unknown');
    expect(await postsOf(callId)).toMatchObject([{ callId, answered: null }]);
    expect((await liveCalls()).filter((call) => call.callId === callId)).toEqual([]);
  });

  it.each<[object, CreateCallOutcome['kind'], { status: number } | null]>([
    [{ action: 'create-then-reset' }, 'unknown', null],
    [{ action: 'create-then-500' }, 'unknown', { status: 500 }],
    [{ action: 'never-answer', when: 'created' }, 'unknown', null],
    [{ action: 'status', when: 'created', status: 504 }, 'unknown', { status: 504 }],
    [{ action: 'truncate-201', cut: 'status-line' }, 'created', null],
    [{ action: 'truncate-201', cut: 'headers' }, 'created', null],
    [{ action: 'truncate-201' }, 'created', null],
  ])('%j: the call lives although the answer is spoilt', async (order, kind, answered) => {
    await fault({ on: 'create', ...order });
    const { callId, outcome } = await create(1);
    expect(outcome.kind).toBe(kind);
    expect(await postsOf(callId)).toMatchObject([{ answered }]);
    await sim.receiver.untilTold(callId, 'terminated');
  });

  it.each(['received', 'created', 'answered'])('kill, when %s: the process is gone at that moment', async (when) => {
    const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const exited = once(victim, 'exit');
    await fault({ on: 'create', action: 'kill', when, pid: victim.pid });
    const { callId, outcome } = await create(1);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(outcome.kind).toBe(when === 'received' ? 'unknown' : 'created');
    if (when !== 'received') await sim.receiver.untilTold(callId, 'terminated');
  });

  it('strikes only the call that it is meant for', async () => {
    const [callId, other] = [randomUUID(), randomUUID()];
    await fault({ on: 'create', action: 'status', status: 503, match: { callId } });
    idOf((await create(1, {}, other)).outcome);
    expect((await create(1, {}, callId)).outcome).toMatchObject({ kind: 'unknown' });
  });
});
