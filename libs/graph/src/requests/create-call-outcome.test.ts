import { CALLING_ROLES, requiredRolesOf } from '../create-call/call-kind.js';
import { outcomeOf } from './create-call-outcome.js';
import type { WireHeaders } from '../http/response-headers.js';
import { documentedRequests, fixtureText } from '../testing/fixtures.js';

const graphCallId = '2e1a0b00-2db4-4022-9570-243709c565ab';
const location = `https://graph.microsoft.com/v1.0/communications/calls/${graphCallId}`;
const answered = (status: number, body: string | null = null, headers: WireHeaders = {}) =>
  outcomeOf({ stage: 'answered', status, headers, body });
const sample = (name: string) => fixtureText(`create-call/${name}`);

describe('outcomeOf', () => {
  describe('a 201 status line is a call that exists', () => {
    it('takes the id from the body', () => {
      const outcome = answered(201, sample('seed-ex1-response'), {
        'request-id': 'r',
        location: 'https://x/v1.0/communications/calls/other',
      });
      expect(outcome).toMatchObject({ kind: 'created', graphCallId, requestId: 'r', call: { state: 'establishing' } });
    });

    it('takes the id from Location where the body was cut', () => {
      const cut = sample('seed-ex1-response').slice(0, 300);
      expect(answered(201, cut, { location })).toEqual({ kind: 'created', graphCallId, call: null, requestId: null });
      expect(answered(201, null, { location: `/app/calls/${graphCallId}/` })).toMatchObject({ graphCallId });
    });

    it('is created without an id where both were lost', () => {
      const nothing = { kind: 'created', graphCallId: null, call: null, requestId: null };
      expect(answered(201)).toEqual(nothing);
      expect(answered(201, '[]', { location: 'https://x/nonsense' })).toEqual(nothing);
    });
  });

  it('a 401 is unauthorized', () => {
    const body = JSON.stringify({ error: { code: 'InvalidAuthenticationToken', message: 'no' } });
    expect(answered(401, body)).toEqual({
      kind: 'unauthorized',
      error: { httpStatus: 401, code: 'InvalidAuthenticationToken', message: 'no' },
    });
  });

  describe('a 429 is throttled', () => {
    const throttled = (headers: WireHeaders, receivedAtMs?: number) =>
      outcomeOf({
        stage: 'answered',
        status: 429,
        headers,
        body: sample('error-429-generic-throttle'),
        ...(receivedAtMs !== undefined && { receivedAtMs }),
      });

    it('for as long as Graph says', () => {
      const later = 'Tue, 24 Nov 2026 10:00:07 GMT';
      expect(throttled({ 'retry-after': '2.128' })).toMatchObject({
        kind: 'throttled',
        retryAfterMs: 2_128,
        error: { code: 'TooManyRequests' },
      });
      expect(throttled({ 'retry-after': later }, Date.parse(later) - 7_000)).toMatchObject({ retryAfterMs: 7_000 });
    });

    it('but rejected when the month’s calls are used up, since waiting does not help', () => {
      const outcome = answered(429, sample('error-429-8529-monthly-limit-nested'), { 'retry-after': '1' });
      expect(outcome).toMatchObject({ kind: 'rejected', error: { httpStatus: 429, code: '8529' } });
    });
  });

  it.each([400, 402, 403, 404, 405, 409, 410, 413, 415, 422, 428, 431, 451, 499])('a %d is rejected', (status) => {
    expect(answered(status, sample('error-403-7504-insufficient-permissions'))).toMatchObject({
      kind: 'rejected',
      error: { httpStatus: status, code: '7504' },
    });
  });

  it.each(documentedRequests())('a missing role of $name is named by the kind of the call', ({ call }) => {
    const body = sample('error-403-7504-insufficient-permissions');
    const outcome = outcomeOf({ stage: 'answered', status: 403, headers: {}, body }, call);
    const { advice = '' } = 'error' in outcome ? (outcome.error ?? {}) : {};
    const named = CALLING_ROLES.filter((role) => advice.match(/Calls\.\w+\.All/g)?.includes(role));
    expect(named.toSorted()).toEqual(requiredRolesOf(call).toSorted());
    expect(advice).toMatch(
      /^This call \((?:peer|group|meeting|pstn), (?:app|service)-hosted media\) needs .* docs\/tenant-setup\.md#7504\.$/,
    );
  });

  it('takes Graph’s request id from the headers where the body has none', () => {
    expect(answered(400, '', { 'request-id': 'r' })).toMatchObject({ error: { requestId: 'r' } });
    expect(answered(403, sample('error-403-7504-insufficient-permissions'), { 'request-id': 'r' })).toMatchObject({
      error: { requestId: '2df32658-90f2-4b97-a39e-5f18ed3d2063' },
    });
  });

  it.each([200, 202, 204, 226, 301, 302, 307, 308, 408, 500, 501, 502, 503, 504, 599, 0, 700])(
    'a %d leaves it unknown',
    (status) => {
      expect(answered(status, sample('error-500-9999-unknown'), { 'retry-after': '1' }).kind).toBe('unknown');
    },
  );

  it('a request that never left is not sent', () => {
    const error = new Error('connect ECONNREFUSED');
    expect(outcomeOf({ stage: 'not-connected', error })).toEqual({
      isUnreachable: true,
      kind: 'not-sent',
      why: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(outcomeOf({ stage: 'nothing-sent', error })).toMatchObject({ kind: 'not-sent', isUnreachable: false });
  });

  it('a request that left without an answer is unknown, whatever the error', () => {
    for (const message of ['read ECONNRESET', 'connect ECONNREFUSED', 'Headers Timeout Error', 'other side closed']) {
      expect(outcomeOf({ stage: 'sent', error: new Error(message) }).kind).toBe('unknown');
    }
  });
});
