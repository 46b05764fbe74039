import { ACCESS } from '@callbus/contracts';
import type { AclRule } from '@callbus/kafka';
import { ok, warning, type Finding } from './finding.js';

interface Right {
  readonly resource: AclRule['resource'];
  readonly name: string;
  readonly operation: string;
}

/**
 * What the authorizer's rules lack for this tool. A super user needs none, and no rule says who is one.
 * @param rules null where there is no authorizer
 */
export function aclFinding(
  rules: readonly AclRule[] | null,
  { topicPrefix, principal }: { readonly topicPrefix: string; readonly principal: string },
): Finding {
  if (rules === null) return ok('ACLs', 'the brokers have no authorizer: everybody may do everything');
  const missing = neededRights(topicPrefix).filter((right) => !isAllowed(rules, principal, right));
  if (missing.length === 0) return ok('ACLs', `${principal} may read and write what this tool needs`);
  const list = missing.map(({ operation, resource, name }) => `${operation} ${resource} ${name}`).join(', ');
  const advice = 'Unless it is a super user, have these added: kafka-acls.sh --add --allow-principal …';
  return warning('ACLs', `no rule allows ${principal} to: ${list}`, advice);
}

function neededRights(topicPrefix: string): Right[] {
  return ACCESS.operator.flatMap(({ resource, name, operations }) =>
    operations.map((operation) => ({ resource, name: `${topicPrefix}${name}`, operation })),
  );
}

/** Whoever is denied is denied, whatever else is allowed. */
function isAllowed(rules: readonly AclRule[], principal: string, right: Right): boolean {
  const about = rules.filter(
    (rule) =>
      [principal, 'User:*'].includes(rule.principal) && ['ALL', right.operation].includes(rule.operation) && isAbout(rule, right),
  );
  return about.some((rule) => rule.isAllowed) && about.every((rule) => rule.isAllowed);
}

function isAbout({ resource, name, isPrefix }: AclRule, right: Right): boolean {
  if (resource !== right.resource) return false;
  return name === '*' || (isPrefix ? right.name.startsWith(name) : right.name === name);
}
