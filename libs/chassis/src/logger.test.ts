import { createLogger, scrub } from './logger.js';

describe('scrub', () => {
  it('takes tokens and phone numbers out of free text', () => {
    expect(scrub('Bearer eyJhbGciOi.eyJzdWIi.sig-nature to +12345678901')).toBe('Bearer [token] to [phone]');
  });
});

describe('createLogger', () => {
  it('redacts secret members and scrubs the messages of errors', () => {
    const lines: string[] = [];
    const logger = createLogger('test', 'info', (line) => lines.push(line));
    logger.info({ headers: { authorization: 'Bearer abc' }, err: new Error('no answer from +12345678901') }, 'x');
    expect(lines.join('')).not.toMatch(/abc|\+12345678901/);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', service: 'test', headers: { authorization: '[redacted]' } });
  });
});
