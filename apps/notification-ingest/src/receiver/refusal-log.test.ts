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
  for (let i = 0; i < 500; i += 1) log.note(new Refusal('EMPTY_BODY', `number ${i + 1}`));
  log.note(new Refusal('BAD_BODY', 'another code'));
  expect(lines.map(({ code, count }) => [code, count])).toEqual([
    ['EMPTY_BODY', 1],
    ['BAD_BODY', 1],
  ]);
  jest.advanceTimersByTime(1_000);
  expect(lines.slice(2)).toMatchObject([{ code: 'EMPTY_BODY', count: 500, why: 'number 500' }]);
  jest.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(3);
  log.note(new Refusal('EMPTY_BODY', 'later'));
  expect(lines.at(-1)).toMatchObject({ count: 501, why: 'later' });
});
