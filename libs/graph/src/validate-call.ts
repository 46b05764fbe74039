import { getMetadataStorage, validateSync } from 'class-validator';
import { Call } from './call-model.js';
import { isObject, memberOf, type JsonObject } from './json-value.js';
import { nestedMembersOf, type ModelClass, type NestedMember } from './model-member.js';

/** One thing that is wrong with a call: where (`targets[0].identity`, `$` for the whole) and what is wanted, never the value itself. */
export interface CallFault {
  readonly path: string;
  readonly message: string;
}

/**
 * Checks a create call's body against Call and the rules that span members. Total: any JSON value gives a list, empty when the
 * call is valid; every fault is reported at once. The input is not changed, and members that Call does not know are ignored.
 */
export function validateCall(raw: unknown): CallFault[] {
  if (!isObject(raw)) return [{ path: '$', message: 'must be an object, the call resource of Graph' }];
  return [...faultsOf(Call, raw, ''), ...faultsAcrossMembers(raw)];
}

function faultsOf(type: ModelClass, raw: JsonObject, path: string): CallFault[] {
  return [
    ...faultsOfMembers(type, raw, path),
    ...nestedMembersOf(type).flatMap((member) => faultsOfNested(member, memberOf(raw, member.name), at(path, member.name))),
  ];
}

/** class-validator sees an instance that holds the declared members only, so that nothing foreign is copied or descended into. */
function faultsOfMembers(type: ModelClass, raw: JsonObject, path: string): CallFault[] {
  const instance = new type() as Record<string, unknown>;
  for (const name of memberNamesOf(type)) if (Object.hasOwn(raw, name)) instance[name] = raw[name];
  return validateSync(instance, { forbidUnknownValues: false, stopAtFirstError: false }).flatMap(({ property, constraints }) => {
    const messages = Object.entries(constraints ?? {});
    // What is missing is not also reported as malformed.
    const missing = messages.find(([rule]) => rule === 'isDefined');
    return (missing ? [missing] : messages).map(([, message]) => ({ path: at(path, property), message }));
  });
}

function faultsOfNested(member: NestedMember, value: unknown, path: string): CallFault[] {
  if (!member.isWellShaped(value)) return [];
  if (!Array.isArray(value)) return faultsOfObject(member, value, path);
  return value.flatMap((element, index) => faultsOfObject(member, element, `${path}[${index}]`));
}

function faultsOfObject(member: NestedMember, value: unknown, path: string): CallFault[] {
  if (!isObject(value)) return [{ path, message: 'must be an object' }];
  const model = member.modelOf(value);
  if (model) return faultsOf(model, value, path);
  return [{ path: at(path, '@odata.type'), message: `must be one of ${member.types.join(', ')}` }];
}

function faultsAcrossMembers(call: JsonObject): CallFault[] {
  const faults: CallFault[] = [];
  const targets = memberOf(call, 'targets') ?? [];
  if (!Array.isArray(targets)) return faults;
  const isJoin = isObject(memberOf(call, 'meetingInfo'));
  if (targets.length === 0 && !isJoin) {
    faults.push({ path: 'targets', message: 'must name whom to call, unless meetingInfo names a meeting to join' });
  }
  const sourceIdentity = memberOf(memberOf(call, 'source'), 'identity');
  if (targets.some(isPhone) && !isObject(memberOf(sourceIdentity, 'applicationInstance'))) {
    const message =
      'is required to call a telephone number: the application instance that the number to call from is assigned to';
    faults.push({ path: 'source.identity.applicationInstance', message });
  }
  return faults;
}

function isPhone(target: unknown): boolean {
  return isObject(memberOf(memberOf(target, 'identity'), 'phone'));
}

function at(path: string, member: string): string {
  return path === '' ? member : `${path}.${member}`;
}

const memberNames = new Map<ModelClass, readonly string[]>();

/** The members that have rules, which is every member of a model. */
function memberNamesOf(type: ModelClass): readonly string[] {
  let names = memberNames.get(type);
  if (!names) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    names = [...new Set(rules.map((rule) => rule.propertyName))];
    memberNames.set(type, names);
  }
  return names;
}
