import { adviceOn } from './advice.js';
import { CALLING_ROLES, requiredRolesOf } from '../create-call/call-kind.js';
import { missingRoles, refusalForRoles } from './missing-roles.js';
import { documentedRequests } from '../testing/fixtures.js';

it.each(documentedRequests())('refuses $name as Graph does when a role is missing, and says which', ({ call }) => {
  expect(refusalForRoles(call, { roles: CALLING_ROLES })).toBeNull();
  for (const role of requiredRolesOf(call)) {
    const refusal = refusalForRoles(call, { roles: CALLING_ROLES.filter((one) => one !== role) });
    expect(refusal).toMatchObject({ httpStatus: 403, code: '7504', advice: adviceOn('7504', call) });
    expect(CALLING_ROLES.filter((one) => refusal?.message.includes(one))).toEqual([role]);
  }
});

it('names all of the roles that are missing', () => {
  expect(missingRoles(['a', 'b', 'c'], { roles: ['b'] })).toEqual(['a', 'c']);
  expect(missingRoles(['a'], { roles: [] })).toEqual(['a']);
});

it('holds nothing against a token that does not say what it carries', () => {
  expect(missingRoles(['a'], { roles: null })).toEqual([]);
  for (const { call } of documentedRequests()) expect(refusalForRoles(call, { roles: null })).toBeNull();
});
