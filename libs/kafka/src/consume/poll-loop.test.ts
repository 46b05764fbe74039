import { PollLoops } from './poll-loop.js';

const LIMIT_MS = 30_000;
let nowMs: number;
let loops: PollLoops;

beforeEach(() => {
  nowMs = 0;
  loops = new PollLoops(LIMIT_MS, () => nowMs);
});

it('live as long as each turns often enough; one that does not says since when', () => {
  const commands = loops.begin('calls.commands');
  const ledger = loops.begin('calls.dispatch-ledger');
  nowMs = LIMIT_MS;
  expect(loops.condition()).toEqual({ ok: true });
  ledger.turned();
  nowMs += 1;
  expect(loops.condition()).toEqual({ ok: false, reason: 'the loop that reads calls.commands has stood still for 30001 ms' });
  commands.turned();
  expect(loops.condition()).toEqual({ ok: true });
});

it('need not turn after their end', () => {
  loops.begin('calls.events').end();
  nowMs = LIMIT_MS + 1;
  expect(loops.condition()).toEqual({ ok: true });
});
