import { adviceOn, MISSING_ROLE_CODE } from './advice.js';
import { requiredRolesOf } from '../create-call/call-kind.js';
import type { AppToken } from '../tokens/client-credentials-grant.js';
import type { GraphError } from './graph-error.js';

type RolesOfToken = Pick<AppToken, 'roles'>;

/** Those of the needed roles that a token lacks. None if it does not say what it carries: only Graph knows then. */
export function missingRoles(needed: readonly string[], { roles }: RolesOfToken): string[] {
  return roles === null ? [] : needed.filter((role) => !roles.includes(role));
}

/** The refusal that Graph has for a call whose roles the token lacks, with their names, which Graph leaves out; null if it lacks none. */
export function refusalForRoles(call: object, token: RolesOfToken): GraphError | null {
  const missing = missingRoles(requiredRolesOf(call), token);
  if (missing.length === 0) return null;
  const advice = adviceOn(MISSING_ROLE_CODE, call);
  return {
    httpStatus: 403,
    code: MISSING_ROLE_CODE,
    message: `Insufficient enterprise tenant permissions: the app’s token lacks ${missing.join(' and ')}, which this call needs. Graph was not asked.`,
    ...(advice !== undefined && { advice }),
  };
}
