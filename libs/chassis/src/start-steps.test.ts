import { createLogger } from './logger.js';
import { StartGivenUp, StartSteps, type StartStep } from './start-steps.js';

const WAITS = { firstMs: 1, longestMs: 2 };

describe('a step of a start', () => {
  let lines: Record<string, unknown>[];
  let steps: StartSteps;
  beforeEach(() => {
    lines = [];
    const logger = createLogger('example', 'info', (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
    steps = new StartSteps(logger, WAITS);
  });

  /** Fails with each of these in turn, then is done; only what begins with «no» is waited for. */
  function failing(...messages: string[]): StartStep<string> {
    const left = [...messages];
    return {
      name: 'reading calls.example',
      run: () => {
        const message = left.shift();
        return message === undefined ? Promise.resolve('done') : Promise.reject(new Error(message));
      },
      waitsFor: (error) => ((error as Error).message.startsWith('no ') ? (error as Error).message : null),
    };
  }

  it('is retried until everything that it needs is there', async () => {
    expect(await steps.run(failing(...Array.from({ length: 20 }, () => 'no broker')))).toBe('done');
    expect(steps.describe()).toBeUndefined();
  });

  it('logs once, not at each retry, what it waits for, and that it goes on', async () => {
    await steps.run(failing('no broker', 'no broker', 'no topic', 'no topic', 'no broker'));
    const said = lines.map(({ level, waitsFor, msg }) => [level, waitsFor, msg]);
    const waits = 'the start waits, and tries again by itself';
    expect(said).toEqual([
      ['warn', 'no broker', waits],
      ['warn', 'no topic', waits],
      ['warn', 'no broker', waits],
      ['info', undefined, 'the start goes on'],
    ]);
  });

  it('ends the start at once with an error that waiting does not cure', async () => {
    await expect(steps.run(failing('no broker', 'wrong partition count'))).rejects.toThrow('wrong partition count');
  });

  it('is described with how far it is and what it waits for', async () => {
    const held = Promise.withResolvers<string>();
    const step = failing('no broker');
    let tries = 0;
    const done = steps.run({
      ...step,
      progress: () => (tries < 2 ? undefined : '3 of 9 records'),
      run: () => ((tries += 1) < 2 ? step.run() : held.promise),
    });
    expect(steps.describe()).toBe('reading calls.example');
    while (tries < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(steps.describe()).toBe('reading calls.example: 3 of 9 records; waits: no broker');
    held.resolve('done');
    expect(await done).toBe('done');
  });

  it('is given up when the process shuts down, while it waits or before it is done', async () => {
    const waiting = new StartSteps(createLogger('example', 'silent'), { firstMs: 60_000, longestMs: 60_000 });
    const waits = waiting.run(failing('no broker'));
    await new Promise(setImmediate);
    waiting.stop();
    await expect(waits).rejects.toThrow(StartGivenUp);
    const held = Promise.withResolvers<string>();
    const late = steps.run({ ...failing(), run: () => held.promise });
    steps.stop();
    held.resolve('done');
    await expect(late).rejects.toThrow(StartGivenUp);
  });
});
