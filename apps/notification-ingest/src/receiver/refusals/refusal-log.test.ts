import { jest } from '@jest/globals';
import { RefusalLog } from './refusal-log.js';
import { Refusal } from './refusals.js';

interface Line {
  readonly level: string;
  readonly code?: string;
  readonly count?: number;
  readonly why?: string;
  readonly err?: unknown;
}

let lines: Line[];
let counted: string[];
let log: RefusalLog;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  counted = [];
  const at = (level: string) => (fields: object) => lines.push({ level, ...fields });
  log = new RefusalLog({ info: at('info'), error: at('error') } as never, { callback: (result) => void counted.push(result) });
});

afterEach(() => {
  jest.useRealTimers();
});

it('says a refusal at once, with its code and why', () => {
  log.note(new Refusal('UNAUTHORIZED', 'expired'));
  expect(lines).toEqual([{ level: 'info', code: 'UNAUTHORIZED', status: 401, count: 1, why: 'expired' }]);
  expect(counted).toEqual(['UNAUTHORIZED']);
});

it('says what is ours to mend as an error, with its cause', () => {
  const cause = new Error('no broker');
  log.note(new Refusal('NOT_STORED', 'too late', { cause }));
  expect(lines).toMatchObject([{ level: 'error', err: cause }]);
});

it('says a flood of one code once a second, and counts every one', () => {
  for (let i = 0; i < 500; i += 1) log.note(new Refusal('UNAUTHORIZED', `number ${i + 1}`));
  log.note(new Refusal('LARGE_BODY', 'another code'));
  expect(lines.map(({ code, count }) => [code, count])).toEqual([
    ['UNAUTHORIZED', 1],
    ['LARGE_BODY', 1],
  ]);
  jest.advanceTimersByTime(1_000);
  expect(lines.slice(2)).toMatchObject([{ code: 'UNAUTHORIZED', count: 500, why: 'number 500' }]);
  jest.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(3);
  log.note(new Refusal('UNAUTHORIZED', 'later'));
  expect(lines.at(-1)).toMatchObject({ count: 501, why: 'later' });
});

it('names the call and attempt of every refusal, also of those that share a line, up to a bound', () => {
  const of = (number: number) => ({ callId: `call-${number}`, attempt: 1 });
  log.note(new Refusal('NOT_STORED', 'first'), of(1));
  expect(lines).toMatchObject([{ callId: 'call-1', attempt: 1 }]);
  expect(lines[0]).not.toHaveProperty('others');
  log.note(new Refusal('NOT_STORED', 'second'), of(2));
  log.note(new Refusal('NOT_STORED', 'of no address'));
  log.note(new Refusal('NOT_STORED', 'third'), of(3));
  log.note(new Refusal('NOT_STORED', 'third again'), of(3));
  jest.advanceTimersByTime(1_000);
  expect(lines[1]).toMatchObject({ callId: 'call-3', attempt: 1, others: ['call-2/1'], count: 5 });
  for (let i = 0; i < 500; i += 1) log.note(new Refusal('NOT_STORED', 'flood'), of(i));
  jest.advanceTimersByTime(1_000);
  expect((lines[2] as { others?: unknown[] }).others).toHaveLength(50);
});
