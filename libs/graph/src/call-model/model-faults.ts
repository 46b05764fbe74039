import { validateSync } from 'class-validator';
import { isObject, memberOf, type JsonObject } from '../json-value.js';
import { isAnnotation, isOpenType, nestedMembersOf, type ModelClass, type NestedMember } from './model-member.js';
import { graphNameOf, memberNamesOf } from './model-schema.js';

/** One thing that is wrong with a call: where (`targets[0].identity`, `$` for the whole) and what is wanted, never the value itself. */
export interface CallFault {
  readonly path: string;
  readonly message: string;
}

/** Of a name that nobody knows, so much is repeated. */
const SHOWN_NAME_LENGTH = 64;

/** All that class-validator finds wrong with an object by its model, at any depth. Total: it throws at no JSON value. */
export function faultsOfModel(type: ModelClass, raw: JsonObject, path = ''): CallFault[] {
  return [
    ...faultsOfMembers(type, raw, path),
    ...faultsOfForeignMembers(type, raw, path),
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

function faultsOfForeignMembers(type: ModelClass, raw: JsonObject, path: string): CallFault[] {
  if (isOpenType(type)) return [];
  const names = memberNamesOf(type);
  const known = names.filter((name) => !isAnnotation(name)).join(', ');
  return Object.keys(raw)
    .filter((name) => !names.includes(name) && !isAnnotation(name))
    .map((name) => ({
      path: at(path, name.slice(0, SHOWN_NAME_LENGTH)),
      message: `is no member of ${graphNameOf(type)}, which has ${known}; leave it out`,
    }));
}

function faultsOfNested(member: NestedMember, value: unknown, path: string): CallFault[] {
  if (!member.isWellShaped(value)) return [];
  if (!Array.isArray(value)) return faultsOfObject(member, value, path);
  return value.flatMap((element, index) => faultsOfObject(member, element, `${path}[${index}]`));
}

function faultsOfObject(member: NestedMember, value: unknown, path: string): CallFault[] {
  if (!isObject(value)) return [{ path, message: 'must be an object' }];
  const model = member.modelOf(value);
  if (model) return faultsOfModel(model, value, path);
  return [{ path: at(path, '@odata.type'), message: `must be one of ${member.types.join(', ')}` }];
}

function at(path: string, member: string): string {
  return path === '' ? member : `${path}.${member}`;
}
