import { CALL_KINDS, CALLING_ROLES, missingRoles, rolesFor, type CallKind } from '@callbus/graph';
import { failed, ok, type Finding } from './finding.js';

/**
 * Which kinds of call a token allows, and which roles the others lack.
 * @param where whose token it is, in words
 * @param roles of the token
 * @param wanted kinds that this installation is to place
 */
export function roleFindings(where: string, roles: readonly string[], wanted: readonly CallKind[]): Finding[] {
  const findings = CALL_KINDS.filter((kind) => wanted.includes(kind)).map((kind) => {
    const check = `${kind} calls in ${where}`;
    const missing = missingRoles(rolesFor(kind, 'service'), { roles });
    if (missing.length === 0) return ok(check, `the token has ${rolesFor(kind, 'service').join(', ')}`);
    const advice = `Add the application permission ${missing.join(', ')} of Microsoft Graph to the app registration, and let an administrator of the tenant consent to it (docs/tenant-setup.md); or leave ${kind} out of --kinds.`;
    return failed(check, `the token lacks the role ${missing.join(', ')}`, advice);
  });
  const further = missingRoles(CALLING_ROLES, { roles }).filter(isFurther);
  if (further.length === 0) return findings;
  const found = `the token lacks ${further.join(', ')}: no media that the app itself hosts, no joining as a guest`;
  return [...findings, ok(`further roles in ${where}`, found)];
}

/** A role that no kind of call takes by itself. */
function isFurther(role: string): boolean {
  return !CALL_KINDS.some((kind) => rolesFor(kind, 'service').includes(role));
}
