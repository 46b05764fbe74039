import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { FaultStack, RECEIVER, SEQUENCER } from './fault-stack.js';
import { violations } from './oracle.js';
import { Random } from './random.js';
import { figuresOf, line } from './report.js';

// The way of a callback into the history, and nothing on it that can be relied on: callbacks are dropped, emptied, doubled,
// swapped and late, and receiver and sequencer are killed again and again.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const CALLS = 200;
const WAVES = 10;
const ACTIONS = ['drop', 'empty', 'duplicate', 'reorder', 'delay'] as const;
const STATES = ['establishing', 'established', 'terminating', 'terminated'] as const;
/** Of each action, however the dice fall and whatever the kills leave of the callbacks. */
const AT_LEAST = 20;
const TIMEOUT_MS = 300_000;

let system: FaultStack;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

beforeAll(async () => {
  say(`seed ${String(seed)}`);
  system = await FaultStack.start();
}, STACK_TIMEOUT_MS);

afterAll(() => system.stop(), STACK_TIMEOUT_MS);

it(
  'the history holds through lost, emptied, doubled, swapped and late callbacks and kills of those who handle them',
  async () => {
    const random = new Random(seed);
    const callIds: string[] = [];
    for (let wave = 0; wave < WAVES; wave += 1) {
      const placed = Array.from({ length: CALLS / WAVES }, () => system.newCallId());
      for (const [index, callId] of placed.entries()) {
        const action = ACTIONS[index % (ACTIONS.length + 1)];
        // Every sixth call has no faults except the kills.
        if (action === undefined) continue;
        // What is swapped needs a next one.
        const state = random.pick(action === 'reorder' ? STATES.slice(0, -1) : STATES);
        await system.fault({ on: 'callback', action, ms: random.between(50, 600), match: { callId, state } });
      }
      callIds.push(...placed);
      await system.commands.send(...placed.map((callId) => system.createCall(callId)));
      const victim = wave % 2 === 0 ? RECEIVER : SEQUENCER;
      const callbacks = random.between(1, CALLS / WAVES);
      await system.untilObserved(placed, callbacks);
      await system.kill(victim);
      await system.restart(victim);
    }
    const healedAt = performance.now();
    await system.outcomes(callIds);
    await system.untilTold(callIds);
    const evidence = await system.untilInOrder(callIds, 60_000);
    const struck: Record<string, number> = {};
    for (const action of ACTIONS) struck[action] = await system.struck(action);
    const found = callIds.flatMap((callId) => violations(callId, evidence));
    const injections = Object.values(struck).reduce((sum, count) => sum + count, system.kills);
    const figures = figuresOf({ id: 'total' }, callIds, evidence, { injections, recoveryMs: performance.now() - healedAt });
    const events = callIds.reduce((sum, callId) => sum + evidence.events.history(callId).length, 0);
    say(
      `callbacks dropped ${struck['drop']}, emptied ${struck['empty']}, doubled ${struck['duplicate']}, swapped ${struck['reorder']}, late ${struck['delay']}; kills of receiver and sequencer ${system.kills}; events ${events}; violations ${found.length}`,
    );
    say(line(figures, `seed ${String(seed)}`));
    expect(found).toEqual([]);
    for (const action of ACTIONS) expect(struck[action]).toBeGreaterThanOrEqual(AT_LEAST);
    expect(figures).toMatchObject({ surplusPosts: 0, lost: 0 });
  },
  TIMEOUT_MS,
);
