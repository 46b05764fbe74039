import 'reflect-metadata';
import {
  IsBoolean,
  IsDefined,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  ValidateBy,
  type ValidationArguments,
  type ValidationOptions,
} from 'class-validator';
import { isObject, memberOf } from '../json-value.js';
import { isOfFormat, type TextFormat } from './text-formats.js';

export type ModelClass = new () => object;
export type JsonSchema = Readonly<Record<string, unknown>>;
/** What a rule asks, as JSON Schema; `ref` names the schema of another model. */
export type SchemaOfRule = (ref: (type: ModelClass) => JsonSchema) => JsonSchema;

/** How a member holds objects that have a model of their own. */
export interface NestedMember {
  readonly name: string;
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
const OPEN: unique symbol = Symbol('callbus:open-type');

/** The nested members that a model class declares, its ancestors' included. */
export function nestedMembersOf(type: ModelClass): readonly NestedMember[] {
  return (Reflect.getMetadata(NESTED, type.prototype as object) ?? []) as readonly NestedMember[];
}

/** A type that may have members beyond its own: `OpenType="true"` in Graph's metadata. Those of the others are all there are. */
export function OpenType(): ClassDecorator {
  return (type) => {
    Reflect.defineMetadata(OPEN, true, type);
  };
}

export function isOpenType(type: ModelClass): boolean {
  return Reflect.getMetadata(OPEN, type) === true;
}

/** Annotations of OData, such as `@odata.type` and `targets@odata.count`, may be anywhere. */
export function isAnnotation(member: string): boolean {
  return member.includes('@');
}

/** A member that holds one object. class-validator's own ValidateNested takes arrays for objects and throws at null elements. */
export function Nested(type: ModelClass): PropertyDecorator {
  const schema: SchemaOfRule = (ref) => ref(type);
  return nested({ modelOf: () => type, types: [], isWellShaped: isObject }, schema, 'must be an object');
}

/** A member that holds a list of objects. */
export function NestedList(type: ModelClass): PropertyDecorator {
  return nested(
    { modelOf: () => type, types: [], isWellShaped: isShortList },
    (ref) => ({ type: 'array', maxItems: MAX_LIST_LENGTH, items: ref(type) }),
    `must be a list of at most ${MAX_LIST_LENGTH} objects`,
  );
}

/**
 * A member whose class is told by its `@odata.type`, as Graph does.
 * @param base the class of an object that does not say; without one it has to, as where the type in the metadata is abstract
 */
export function OneOf(types: Readonly<Record<string, ModelClass>>, base?: ModelClass): PropertyDecorator {
  const modelOf = (value: unknown): ModelClass | undefined => {
    const name = memberOf(value, '@odata.type') ?? null;
    if (name === null) return base;
    return typeof name === 'string' && Object.hasOwn(types, name) ? types[name] : undefined;
  };
  const schema: SchemaOfRule = (ref) => {
    const tagged = Object.entries(types).map(([name, type]) => ({
      ...ref(type),
      properties: { '@odata.type': { const: name } },
      required: ['@odata.type'],
    }));
    const told = { discriminator: { propertyName: '@odata.type' }, oneOf: tagged };
    if (base === undefined) return { type: 'object', ...told };
    return { type: 'object', if: { properties: { '@odata.type': { type: 'null' } } }, then: ref(base), else: told };
  };
  return nested({ modelOf, types: Object.keys(types), isWellShaped: isObject }, schema, 'must be an object');
}

function isShortList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= MAX_LIST_LENGTH;
}

function nested(member: Omit<NestedMember, 'name'>, schema: SchemaOfRule, message: string): PropertyDecorator {
  const shape = Rule('nested', member.isWellShaped, schema, message);
  return (prototype, property) => {
    Reflect.defineMetadata(
      NESTED,
      [...nestedMembersOf(prototype.constructor as ModelClass), { ...member, name: String(property) }],
      prototype,
    );
    shape(prototype, property);
  };
}

/** A rule of our own: a function, and the same as a schema. That they agree is for tests to show. */
export function Rule(
  name: string,
  validate: (value: unknown) => boolean,
  schema: SchemaOfRule,
  message: NonNullable<ValidationOptions['message']>,
): PropertyDecorator {
  return ValidateBy({ name, constraints: [schema], validator: { validate } }, { message });
}

export const Required = (): PropertyDecorator => IsDefined({ message: 'is required' });

/** Text that must be there. */
export const RequiredText = (): PropertyDecorator =>
  every(Required(), Matches(/\S/, { message: 'must be text that is not empty' }));

/** An id that must be there, written as Graph writes it. A copied id often has other characters around it. */
export const RequiredId = (pattern: RegExp, message: string): PropertyDecorator =>
  every(Required(), Matches(pattern, { message }));

export const OptionalText = (): PropertyDecorator => every(IsOptional(), IsString({ message: 'must be text' }));

export const OptionalFlag = (): PropertyDecorator => every(IsOptional(), IsBoolean({ message: 'must be true or false' }));

/** Text of a form that functions know better than patterns. */
export const Formatted = (format: TextFormat, message: string): PropertyDecorator =>
  Rule(
    'formatted',
    (value) => isOfFormat(value, format),
    () => ({ type: 'string', format }),
    message,
  );

export const OptionalGuid = (): PropertyDecorator =>
  every(IsOptional(), Formatted('uuid', 'must be a GUID, eight-four-four-four-twelve hexadecimal digits'));

/** The type's name where its class is known without it: it may be left out, but not be another. */
export const ODataType = (...names: string[]): PropertyDecorator =>
  every(IsOptional(), IsIn(names, { message: `must be ${names.join(' or ')}` }));

export const OptionalEnum = (...values: string[]): PropertyDecorator =>
  every(IsOptional(), IsIn(values, { message: enumMessage(values, `must be one of ${values.join(', ')}`) }));

export const OptionalEnumList = (...values: string[]): PropertyDecorator =>
  every(
    IsOptional(),
    Rule(
      'enumList',
      (value) => isShortList(value) && value.every((one) => values.includes(one as string)),
      () => ({ type: 'array', maxItems: MAX_LIST_LENGTH, items: { enum: values } }),
      enumMessage(values, `must be a list of at most ${MAX_LIST_LENGTH}, each one of ${values.join(', ')}`),
    ),
  );

/**
 * The message for a wrong value of an enum. Serializers of typed languages often write an enum's number, or its name in the
 * spelling of their language.
 */
function enumMessage(names: readonly string[], otherwise: string): (rule: Pick<ValidationArguments, 'value'>) => string {
  return ({ value }) => {
    const given: unknown[] = Array.isArray(value) ? value : [value];
    if (given.some(Number.isInteger)) return `${otherwise}: by its name, so have the serializer write enums as text`;
    const misspelt = given
      .filter((one) => typeof one === 'string' && !names.includes(one))
      .map((one) => String(one).toLowerCase());
    const name = names.find((one) => misspelt.includes(one.toLowerCase()));
    return name === undefined ? otherwise : `must be spelled ${name}: have the serializer write enums in camel case`;
  };
}

export function every(...decorators: PropertyDecorator[]): PropertyDecorator {
  return (prototype, property) => {
    for (const decorate of decorators) decorate(prototype, property);
  };
}
