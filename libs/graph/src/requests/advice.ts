import { callKindOf, CALLING_ROLES, mediaHostingOf, requiredRolesOf } from '../create-call/call-kind.js';

/** «Insufficient enterprise tenant permissions» */
export const MISSING_ROLE_CODE = '7504';
/** «Application reached the monthly call creation limit.» It comes as 429, yet waiting does not help. */
export const MONTHLY_LIMIT_CODE = '8529';

/** What is wrong in the tenant or the registration when Graph answers with one of these codes, and what to do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  '7503':
    'Graph does not know the app as a calling bot. Register a bot under the app’s id and enable calling on its Microsoft Teams channel.',
  '7505':
    'The token’s tenant is not the call’s. The command’s tenantId has to be the tenant that is called, and any tenantId in the call the same.',
  '7507':
    'The call’s source may not make it. A call to a telephone number needs the object id of an application instance in source.identity.applicationInstance, which is linked to this app and has a number.',
  [MONTHLY_LIMIT_CODE]:
    'The app has used up its calls of this month, and trying again does not help. Ask Microsoft for more, or call with another app registration.',
};

/** Graph's codes that there is advice on. */
export const ADVISED_CODES: readonly string[] = [MISSING_ROLE_CODE, ...Object.keys(ADVICE)];

/**
 * Advice on a refusal of Graph's, which ends with a link to docs/tenant-setup.md; undefined if there is none for the code.
 * @param call the call that Graph was asked to create; undefined if it refused another request
 */
export function adviceOn(code: string, call?: object): string | undefined {
  if (!ADVISED_CODES.includes(code)) return undefined;
  return `${code === MISSING_ROLE_CODE ? adviceOnRoles(call) : ADVICE[code]} See docs/tenant-setup.md#${code}.`;
}

function adviceOnRoles(call: object | undefined): string {
  const needs =
    call === undefined
      ? `Calls need ${CALLING_ROLES.join(', ')}, each by its kind`
      : `This call (${callKindOf(call)}, ${mediaHostingOf(call)}-hosted media) needs ${requiredRolesOf(call).join(' and ')}`;
  return `${needs}, in the app’s token. Have an administrator of the called tenant consent to what it lacks; that takes effect after minutes.`;
}
