import { RoleCheck } from './role-check.js';
import { COMMAND } from '../testing/dispatches.js';

const NEEDED = 'Calls.Initiate.All';
const without = { roles: ['Calls.JoinGroupCall.All'] };
const token = (roles: readonly string[] | null) => ({ value: 't', expiresAtMs: Infinity, roles });
/** A check in an installation whose next token has these roles. */
const check = (roles: readonly string[] | null = [], isOn = true) =>
  new RoleCheck({ youngerThan: () => Promise.resolve(token(roles)) }, { isOn, youngMs: 60_000 });

it('is passed with the roles that the call needs, and by a token that does not say', () => {
  expect(check().isPassed(COMMAND, { roles: [NEEDED] })).toBe(true);
  expect(check().isPassed(COMMAND, { roles: null })).toBe(true);
  expect(check().isPassed(COMMAND, without)).toBe(false);
});

it('is passed by every call when it is off', () => {
  expect(check([], false).isPassed(COMMAND, without)).toBe(true);
});

it('fails a call only when a young token lacks the role too', async () => {
  expect(await check([NEEDED]).refusal(COMMAND)).toBeNull();
  expect(await check(null).refusal(COMMAND)).toBeNull();
  expect(await check([]).refusal(COMMAND)).toMatchObject({ code: '7504', message: expect.stringContaining(NEEDED) });
});

it('asks for a token of the call’s own app and tenant that is young enough', async () => {
  const asked: unknown[] = [];
  const tokens = {
    youngerThan: (...question: unknown[]) => {
      asked.push(question);
      return Promise.resolve(token([]));
    },
  };
  await new RoleCheck(tokens, { isOn: true, youngMs: 60_000 }).refusal(COMMAND);
  expect(asked).toEqual([[expect.objectContaining({ appId: COMMAND.appId, tenantId: COMMAND.tenantId }), 60_000]]);
});
