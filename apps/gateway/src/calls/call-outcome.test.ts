import { readFileSync } from 'node:fs';
import { decodeSnapshot, type CallPhase, type FoldedCall } from '@callbus/contracts';
import { creationFailure, isCreated, isDecided } from './call-outcome.js';
import { knownCallOf } from './known-call.js';

const SNAPSHOT = decodeSnapshot(
  readFileSync(new URL('../../../../libs/contracts/fixtures/snapshots/snapshot.json', import.meta.url)),
);
const failure: FoldedCall['failure'] = { reason: 'expired', error: null };
const of = (phase: CallPhase, more: Partial<FoldedCall> = {}) =>
  knownCallOf({ ...SNAPSHOT, call: { ...SNAPSHOT.call, phase, ...more } });

it.each<[CallPhase, Partial<FoldedCall>, boolean, boolean]>([
  ['announced', {}, false, false],
  ['accepted', {}, false, false],
  // It may still turn out to be created.
  ['unknown', { unknownAttempt: 1, isParked: true }, false, false],
  ['created', {}, true, true],
  ['ended', {}, true, true],
  ['failed', { failure }, true, false],
])('a call that is %s is decided and created accordingly', (phase, more, decided, created) => {
  expect([isDecided(of(phase, more)), isCreated(of(phase, more))]).toEqual([decided, created]);
});

describe('a call that failed', () => {
  it('is told in Graph’s own words, with what to do', () => {
    const error = { httpStatus: 403, code: '7504', message: 'Insufficient.', advice: 'See x.', details: { innererror: {} } };
    expect(creationFailure({ reason: 'rejected', error })).toMatchObject({
      status: 403,
      code: '7504',
      message: 'Insufficient. See x.',
      options: {},
    });
  });

  it('is told with every fault when it was not valid', () => {
    const details = [{ path: 'targets', message: 'is missing' }];
    const error = { httpStatus: null, code: 'invalid', message: 'Not valid.', details };
    expect(creationFailure({ reason: 'invalid', error })).toMatchObject({
      status: 400,
      options: { details: [{ target: 'targets', message: 'is missing' }] },
    });
  });

  it.each([
    ['expired', 408],
    ['cancelled', 409],
    ['rejected', 400],
  ] as const)('is told when it was %s', (reason, status) => {
    const { message, ...rest } = creationFailure({ reason, error: null });
    expect(rest).toMatchObject({ status, code: reason });
    expect(message).not.toBe('');
  });
});
