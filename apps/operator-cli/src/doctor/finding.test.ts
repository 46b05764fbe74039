import { doctorLines } from './doctor.js';
import { failed, finding, ok, warning } from './finding.js';

describe('a check', () => {
  it('that throws has failed, with what lies behind the error', async () => {
    const look = () => Promise.reject(new Error('no connection', { cause: new Error('ECONNREFUSED') }));
    expect(await finding('Kafka', 1_000, 'start it', look)).toEqual([
      failed('Kafka', 'no connection (ECONNREFUSED)', 'start it'),
    ]);
  });

  it('that takes too long has failed', async () => {
    const [one] = await finding('Kafka', 10, 'start it', () => new Promise(() => undefined));
    expect(one).toMatchObject({ verdict: 'failed', found: expect.stringContaining('DOCTOR_TIMEOUT_MS') });
  });
});

it('shows under each what to do, and in the end whether anything is wrong', () => {
  const lines = doctorLines([
    ok('Kafka', 'there'),
    warning('topic', 'weak', 'strengthen it'),
    failed('token', 'refused', 'mend it'),
  ]);
  expect(lines).toEqual([
    'ok       Kafka  there',
    'warning  topic  weak',
    '         → strengthen it',
    'failed   token  refused',
    '         → mend it',
    '',
    'Wrong: 1 of 3 (warnings: 1, not looked at: 0).',
  ]);
  expect(doctorLines([ok('Kafka', 'there')]).at(-1)).toContain('Nothing is wrong');
});
