import { createLogger } from './logger.js';
import { ShutdownSteps } from './shutdown-steps.js';

let steps: ShutdownSteps;
let ran: string[];

beforeEach(() => {
  steps = new ShutdownSteps(createLogger('test', 'silent'));
  ran = [];
});

function add(name: string, end: () => Promise<void> = () => Promise.resolve()): void {
  steps.add(name, () => {
    ran.push(name);
    return end();
  });
}

it('runs what was added last first', async () => {
  add('kafka');
  add('consumers');
  expect(await steps.run()).toBe(true);
  expect(ran).toEqual(['consumers', 'kafka']);
});

it('goes on after a step that failed, and says that one did', async () => {
  add('kafka');
  add('consumers', () => Promise.reject(new Error('offsets not committed')));
  expect(await steps.run()).toBe(false);
  expect(ran).toEqual(['consumers', 'kafka']);
});
