import { adviceOn } from './advice.js';
import { readGraphError } from './graph-error.js';
import { fixtureText } from '../testing/fixtures.js';

const of = (status: number, name: string) => readGraphError(status, fixtureText(`create-call/${name}`));

describe('readGraphError', () => {
  it('reads the dialect whose code is the number', () => {
    expect(of(403, 'error-403-7505-tenant-mismatch')).toEqual({
      httpStatus: 403,
      code: '7505',
      message: 'Request authorization tenant mismatch.',
      advice: adviceOn('7505'),
      requestId: '3d972a68-4d0c-4764-bb3f-904d6ee7e20a',
      details: { 'request-id': '3d972a68-4d0c-4764-bb3f-904d6ee7e20a', date: '2020-02-13T17:30:24' },
    });
  });

  it('reads the dialect whose message is JSON itself', () => {
    expect(of(403, 'error-403-7503-not-registered-nested')).toMatchObject({
      code: '7503',
      message: 'Application is not registered in our store.',
      requestId: '00000000-0000-0000-0000-000000000001',
    });
    expect(of(429, 'error-429-8529-monthly-limit-nested').code).toBe('8529');
  });

  it('reads the generic throttle, whose inner error has a code of its own', () => {
    expect(of(429, 'error-429-generic-throttle')).toMatchObject({
      code: 'TooManyRequests',
      message: 'Please retry again later.',
    });
  });

  it('reads the token endpoint’s error', () => {
    const body = JSON.stringify({ error: 'invalid_client', error_description: 'AADSTS7000215: no' });
    expect(readGraphError(401, body)).toEqual({ httpStatus: 401, code: 'invalid_client', message: 'AADSTS7000215: no' });
  });

  it('keeps the outer message where the inner JSON is broken, and takes codes that are numbers', () => {
    const broken = { error: { code: 'UnknownError', message: '{"errorCode":' } };
    expect(readGraphError(403, JSON.stringify(broken))).toMatchObject({ code: 'UnknownError', message: '{"errorCode":' });
    expect(readGraphError(403, JSON.stringify({ errorCode: 7504, message: 'm' }))).toMatchObject({ code: '7504', message: 'm' });
  });

  it('bounds what it takes over', () => {
    const error = { code: 'c'.repeat(9_999), message: 'm'.repeat(9_999), innerError: { 'request-id': 'r'.repeat(9_999) } };
    const read = readGraphError(403, JSON.stringify({ error }));
    expect(JSON.stringify(read).length).toBeLessThan(3_000);
    expect(read).toMatchObject({ code: expect.stringMatching(/^c{200}…$/), requestId: 'r'.repeat(200) });
    expect(read).not.toHaveProperty('details');
  });

  it('makes do with any other body', () => {
    for (const body of [
      '',
      'null',
      '[]',
      '"x"',
      '<html>',
      '{',
      '{}',
      '{"error":null}',
      '{"error":[]}',
      '{"error":{"code":{},"message":7}}',
    ]) {
      expect(readGraphError(502, body)).toEqual({
        httpStatus: 502,
        code: 'Http502',
        message: 'Graph answered 502 without a readable error.',
      });
    }
  });

  it('bounds a message that goes on and on', () => {
    expect(readGraphError(500, JSON.stringify({ error: { code: '1', message: 'x'.repeat(1e6) } })).message.length).toBeLessThan(
      3_000,
    );
  });
});
