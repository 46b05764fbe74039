import { callbackFinding } from './callback-findings.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const refusal = JSON.stringify({ error: { code: 'NotFound', message: 'There is nothing at this address.' } });
const judged = (answer: { status?: number; body?: string; certificateEndsAtMs?: number }) =>
  callbackFinding(
    'https://callbacks',
    { status: 404, body: refusal, certificateEndsAtMs: 30 * DAY_MS, ...answer },
    { nowMs: 0, certificateDays: 14 },
  );

it('knows the receiver by its refusal', () => {
  expect(judged({})).toMatchObject({ verdict: 'ok', found: expect.stringContaining('30 more days') });
});

it.each([
  [{ status: 200, body: 'Welcome!' }, 'failed', /Something else answers there/],
  [{ body: '<html>not found</html>' }, 'failed', /Something else answers there/],
  [{ body: 'null' }, 'failed', /Something else answers there/],
  [{ status: 502 }, 'failed', /the receiver does not/],
  [{ certificateEndsAtMs: 13 * DAY_MS }, 'warning', /Renew the certificate/],
])('says of %j that it is %s', (answer, verdict, advice) => {
  expect(judged(answer)).toMatchObject({ verdict, advice: expect.stringMatching(advice) });
});
