import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { FaultStack, type FaultStackOptions } from './fault-stack.js';
import { Random } from './random.js';
import { figuresOf, line, total, type RowFigures } from './report.js';
import type { FaultRow } from './row.js';
import { selectRows } from './rows.js';

const ROW_TIMEOUT_MS = 240_000;

/**
 * Rows of the fault matrix in a size of seconds each, on one stack: real processes, real Kafka, the simulator as Graph,
 * and an oracle that knows nothing but what it reads. FAULT_SEED, FAULT_ROWS and FAULT_REPEATS choose; `npm run test:faults` sets them.
 */
export function describeRows(rows: readonly FaultRow[], options: FaultStackOptions = {}): void {
  const chosen = selectRows(process.env['FAULT_ROWS']).filter((row) => rows.includes(row));
  if (chosen.length === 0) {
    it.skip('none of these rows was asked for', () => undefined);
    return;
  }
  const repeats = Number(process.env['FAULT_REPEATS'] ?? 1);
  const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const figures: RowFigures[] = [];
  let system: FaultStack | undefined;

  beforeAll(async () => {
    say(`seed ${String(seed)}`);
    system = await FaultStack.start(options);
  }, STACK_TIMEOUT_MS);

  afterAll(async () => {
    say(line(total(figures), `seed ${String(seed)}`));
    await system?.stop();
  }, STACK_TIMEOUT_MS);

  it.each(chosen.map((row) => [row.id, row.fault, row] as const))(
    '%s: %s',
    async (_id, _fault, row) => {
      if (system === undefined) throw new Error('the stack did not start');
      await system.heal();
      const random = new Random(seed ^ Number(row.id.slice(1)));
      let injections = 0;
      let healedAt = performance.now();
      const callIds = await row.run({
        system,
        random,
        repeats,
        injected: (count = 1) => {
          injections += count;
        },
        healed: () => {
          healedAt = performance.now();
        },
      });
      const evidence = await system.untilInOrder(callIds);
      const recoveryMs = performance.now() - healedAt;
      const found = figuresOf(row, callIds, evidence, { injections, recoveryMs });
      figures.push(found);
      say(line(found, row.fault));
      expect(found).toMatchObject({ surplusPosts: 0, lost: 0 });
    },
    repeats * ROW_TIMEOUT_MS,
  );
}
