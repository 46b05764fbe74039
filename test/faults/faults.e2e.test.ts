import { STACK_TIMEOUT_MS } from '../support/stack-for-tests.js';
import { FaultStack } from './fault-stack.js';
import { Random } from './random.js';
import { figuresOf, line, total, type RowFigures } from './report.js';
import { selectRows } from './rows.js';

// The fault matrix in a size of seconds a row: real processes, real Kafka, the simulator as Graph, and an oracle that
// knows nothing but what it reads. FAULT_SEED and FAULT_ROWS choose; `npm run test:faults` sets them.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ROW_TIMEOUT_MS = 180_000;

let system: FaultStack;
const figures: RowFigures[] = [];
const say = (text: string): void => void process.stdout.write(`${text}\n`);

beforeAll(async () => {
  say(`seed ${String(seed)}`);
  system = await FaultStack.start();
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  say(line(total(figures), `seed ${String(seed)}`));
  await system.stop();
}, STACK_TIMEOUT_MS);

it.each(selectRows(process.env['FAULT_ROWS']).map((row) => [row.id, row.fault, row] as const))(
  '%s: %s',
  async (_id, _fault, row) => {
    await system.heal();
    const random = new Random(seed ^ Number(row.id.slice(1)));
    let injections = 0;
    let healedAt = performance.now();
    const callIds = await row.run({
      system,
      random,
      repeats: 1,
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
  ROW_TIMEOUT_MS,
);
