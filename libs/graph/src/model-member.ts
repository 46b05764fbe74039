import 'reflect-metadata';
import { IsDefined, IsIn, IsOptional, IsString, Matches, ValidateBy } from 'class-validator';
import { isObject } from './json-value.js';

export type ModelClass = new () => object;

/** How a member holds objects that have a model of their own. */
export interface NestedMember {
  readonly name: string;
  readonly isList: boolean;
  /** The class for an object; undefined if its `@odata.type` names none that is allowed here. */
  readonly modelOf: (value: unknown) => ModelClass | undefined;
  /** Whether the value is worth looking into; where it is not, the member's own rule has said so. */
  readonly isWellShaped: (value: unknown) => boolean;
  /** The `@odata.type` values among which the class is chosen; empty where there is one class only. */
  readonly types: readonly string[];
}

/** No list of a create is longer; it bounds the work that one body can cause and the faults it can have. */
export const MAX_LIST_LENGTH = 100;
const NESTED: unique symbol = Symbol('callbus:nested-members');
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The nested members that a model class declares, its ancestors' included. */
export function nestedMembersOf(type: ModelClass): readonly NestedMember[] {
  return (Reflect.getMetadata(NESTED, type.prototype as object) ?? []) as readonly NestedMember[];
}

/** A member that holds one object. class-validator's own ValidateNested takes arrays for objects and throws at null elements. */
export function Nested(type: ModelClass): PropertyDecorator {
  return nested({ isList: false, modelOf: () => type, types: [], isWellShaped: isObject }, 'must be an object');
}

/** A member that holds a list of objects. */
export function NestedList(type: ModelClass): PropertyDecorator {
  const isWellShaped = (value: unknown): boolean => Array.isArray(value) && value.length <= MAX_LIST_LENGTH;
  return nested(
    { isList: true, modelOf: () => type, types: [], isWellShaped },
    `must be a list of at most ${MAX_LIST_LENGTH} objects`,
  );
}

/** A member whose class is told by its `@odata.type`, as Graph does for abstract types. */
export function OneOf(types: Readonly<Record<string, ModelClass>>): PropertyDecorator {
  const modelOf = (value: unknown): ModelClass | undefined => {
    const name = isObject(value) ? value['@odata.type'] : undefined;
    return typeof name === 'string' && Object.hasOwn(types, name) ? types[name] : undefined;
  };
  return nested({ isList: false, modelOf, types: Object.keys(types), isWellShaped: isObject }, 'must be an object');
}

function nested(member: Omit<NestedMember, 'name'>, message: string): PropertyDecorator {
  const shape = ValidateBy({ name: 'nested', constraints: [member], validator: { validate: member.isWellShaped } }, { message });
  return (prototype, property) => {
    Reflect.defineMetadata(
      NESTED,
      [...nestedMembersOf(prototype.constructor as ModelClass), { ...member, name: String(property) }],
      prototype,
    );
    shape(prototype, property);
  };
}

export const Required = (): PropertyDecorator => IsDefined({ message: 'is required' });

/** Text that must be there. */
export const RequiredText = (): PropertyDecorator =>
  every(Required(), Matches(/\S/, { message: 'must be text that is not empty' }));

export const OptionalText = (): PropertyDecorator => every(IsOptional(), IsString({ message: 'must be text' }));

export const OptionalGuid = (): PropertyDecorator =>
  every(IsOptional(), Matches(GUID, { message: 'must be a GUID, eight-four-four-four-twelve hexadecimal digits' }));

/** The type's name where its class is known without it: it may be left out, but not be another. */
export const ODataType = (...names: string[]): PropertyDecorator =>
  every(IsOptional(), IsIn(names, { message: `must be ${names.join(' or ')}` }));

export const OptionalEnum = (...values: string[]): PropertyDecorator =>
  every(IsOptional(), IsIn(values, { message: `must be one of ${values.join(', ')}` }));

function every(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (prototype, property) => {
    for (const decorate of decorators) decorate(prototype, property);
  };
}
