import { logLevel, type LogEntry } from 'kafkajs';
import { logTo } from './kafkajs-log.js';

describe('the client’s log', () => {
  const entry = (message: string, level = logLevel.ERROR): LogEntry => ({
    namespace: 'Connection',
    level,
    label: '',
    log: { message, timestamp: '' },
  });
  let nowMs: number;
  let lines: string[];
  let log: (entry: LogEntry) => void;
  beforeEach(() => {
    nowMs = 0;
    lines = [];
    const at = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
    const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    log = logTo(logger, () => nowMs)(logLevel.INFO);
  });

  it('logs a line once that the client repeats at each retry, and again after a minute', () => {
    log(entry('refused by a'));
    log(entry('refused by b'));
    log(entry('refused by a'));
    nowMs += 60_000;
    log(entry('refused by a'));
    log(entry('joining', logLevel.WARN));
    log(entry('joining', logLevel.WARN));
    expect(lines).toEqual([
      'warn: refused by a',
      'warn: refused by b',
      'debug: refused by a',
      'warn: refused by a',
      'info: joining',
      'debug: joining',
    ]);
  });

  it('says each time that records are gone', () => {
    const gone = entry('Offset out of range, resetting to default offset');
    log(gone);
    log(gone);
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.startsWith('error: '))).toBe(true);
  });
});
