import { CALL_KINDS, CALLING_ROLES } from '@callbus/graph';
import { roleFindings } from './role-findings.js';

const wrong = (roles: readonly string[], kinds = CALL_KINDS) =>
  roleFindings('tenant t', roles, kinds).filter(({ verdict }) => verdict === 'failed');

it('is content with every role', () => {
  expect(roleFindings('tenant t', CALLING_ROLES, CALL_KINDS).every(({ verdict }) => verdict === 'ok')).toBe(true);
});

it('names the kinds of call that a missing role keeps from being placed, and the role', () => {
  expect(wrong(CALLING_ROLES.filter((role) => role !== 'Calls.Initiate.All'))).toMatchObject([
    {
      check: 'peer calls in tenant t',
      found: 'the token lacks the role Calls.Initiate.All',
      advice: expect.stringContaining('consent'),
    },
    { check: 'pstn calls in tenant t' },
  ]);
  expect(wrong([])).toHaveLength(CALL_KINDS.length);
});

it('takes no notice of kinds that are not to be placed', () => {
  expect(wrong(['Calls.Initiate.All'], ['peer', 'pstn'])).toEqual([]);
});

it('says what else is not possible, which is no fault', () => {
  const [last] = roleFindings('tenant t', ['Calls.Initiate.All'], ['peer']).slice(-1);
  expect(last).toMatchObject({ verdict: 'ok', found: expect.stringContaining('Calls.AccessMedia.All') });
});
