import { createLogger, scrub } from './logger.js';

describe('scrub', () => {
  it('takes tokens and phone numbers out of free text', () => {
    expect(scrub('Bearer eyJhbGciOi.eyJzdWIi.sig-nature to +12345678901')).toBe('Bearer [token] to [phone]');
    expect(scrub('cut off: eyJhbGciOiJSUzI1NiJ9, tel:4930123456, %2B4930123456')).toBe('cut off: [token], [phone], [phone]');
  });

  it('takes secret members out of JSON at any depth, which stays JSON', () => {
    const secret = { a: { b: [{ c: { displayName: 'Ada \\ "Nobody"', passcode: '', id: 'kept' } }] } };
    const redacted = { a: { b: [{ c: { displayName: '[redacted]', passcode: '[redacted]', id: 'kept' } }] } };
    expect(JSON.parse(scrub(JSON.stringify(secret)))).toEqual(redacted);
    const said = JSON.stringify({ message: JSON.stringify({ user: { displayName: 'Ada', id: 'kept' } }) });
    expect(JSON.parse(scrub(said))).toEqual({ message: JSON.stringify({ user: { displayName: '[redacted]', id: 'kept' } }) });
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

  it('redacts secret members that are no text, however deep they are, and leaves the line one line of JSON', () => {
    const lines: string[] = [];
    const logger = createLogger('test', 'info', (line) => lines.push(line));
    logger.info({ a: { b: [{ c: { blob: { part: 'abc' }, passcode: 4711, token: null, Token: ['def'], id: 'kept' } }] } }, 'x');
    const c = { blob: '[redacted]', passcode: '[redacted]', token: null, Token: '[redacted]', id: 'kept' };
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(lines[0]!)).toMatchObject({ a: { b: [{ c }] }, msg: 'x' });
  });
});
