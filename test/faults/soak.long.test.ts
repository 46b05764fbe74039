import { setTimeout as delay } from 'node:timers/promises';
import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { FaultStack } from './fault-stack.js';
import { Random } from './random.js';
import { figuresOf, line, total, type RowFigures } from './report.js';
import { FAULT_ROWS, selectRows } from './rows.js';

// Random rows, one after the other, under a steady load, for as long as it is told.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const minutes = Number(process.env['FAULT_MINUTES'] ?? 10);
const rate = Number(process.env['FAULT_RATE'] ?? 10);
/** Rows that change the stack for good cannot be repeated, nor one that deletes what was not read yet: the load’s too. */
const ONCE = ['F29', 'F30', 'F39'];
const rows = selectRows(process.env['FAULT_ROWS']).filter((row) => FAULT_ROWS.includes(row) && !ONCE.includes(row.id));
const LOAD = { id: 'load', fault: 'steady load' };
/** What a row costs is mostly that it begins and ends in peace. */
const REPEATS = 3;
/** Within which every command of the load has its lasting outcome after the last fault. */
const SETTLE_MS = 180_000;

let system: FaultStack;

beforeAll(async () => {
  system = await FaultStack.start();
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await system.stop();
}, STACK_TIMEOUT_MS);

it(
  `holds its guarantees for ${String(minutes)} minutes at ${String(rate)} commands a second`,
  async () => {
    const say = (text: string): void => void process.stdout.write(`${text}\n`);
    say(`seed ${String(seed)}, ${String(minutes)} min, ${String(rate)} commands/s, rows ${rows.map(({ id }) => id).join(' ')}`);
    const random = new Random(seed);
    const endAt = performance.now() + minutes * 60_000;
    const load: string[] = [];
    const loading = (async () => {
      while (performance.now() < endAt) {
        load.push(...(await system.placeMany(1)));
        await delay(1_000 / rate);
      }
    })();
    const figures: RowFigures[] = [];
    while (performance.now() < endAt) {
      const row = random.pick(rows);
      await system.heal();
      // A row begins when the faults before it are over for everybody (G7).
      await system.outcomes([...load], SETTLE_MS);
      let injections = 0;
      let healedAt = performance.now();
      const callIds = await row.run({
        system,
        random,
        repeats: REPEATS,
        injected: (count = 1) => {
          injections += count;
        },
        healed: () => {
          healedAt = performance.now();
        },
      });
      const evidence = await system.untilInOrder(callIds, 60_000);
      figures.push(figuresOf(row, callIds, evidence, { injections, recoveryMs: performance.now() - healedAt }));
      say(line(figures.at(-1)!, row.fault));
    }
    await loading;
    await system.heal();
    const healedAt = performance.now();
    await system.outcomes(load, SETTLE_MS);
    const evidence = await system.untilInOrder(load, SETTLE_MS);
    figures.push(figuresOf(LOAD, load, evidence, { injections: 0, recoveryMs: performance.now() - healedAt }));
    say(line(figures.at(-1)!, LOAD.fault));
    const all = total(figures);
    say(line(all, `seed ${String(seed)}, ${String(system.kills)} kills`));
    expect(all).toMatchObject({ surplusPosts: 0, lost: 0 });
  },
  minutes * 60_000 + 3 * SETTLE_MS,
);
