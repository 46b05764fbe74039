import { getMetadataStorage } from 'class-validator';
import { isOpenType, type JsonSchema, type ModelClass, type SchemaOfRule } from './model-member.js';

type ClassRule = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** Rules on whether a member is there; what it is then, its other rules say. */
const PRESENCE = ['isDefined', 'isOptional'];
/** class-validator's own rules that models use. A rule of ours brings its schema along. */
const SCHEMA_OF_RULE: Readonly<Record<string, (constraint: unknown) => JsonSchema>> = {
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isIn: (values) => ({ enum: values }),
  matches: (pattern) => ({ type: 'string', pattern: (pattern as RegExp).source }),
};

/**
 * The JSON Schema that follows from the rules of a model class: it takes what class-validator takes. Each class that it
 * leads to is one of its definitions, under Graph's name for it.
 */
export function schemaOf(type: ModelClass): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  const ref = (one: ModelClass): JsonSchema => {
    const name = graphNameOf(one);
    if (!Object.hasOwn(definitions, name)) {
      // In its place before its members are looked at, so that a type may lead to itself.
      definitions[name] = {};
      definitions[name] = schemaOfObject(one, ref);
    }
    return { $ref: `#/$defs/${name}` };
  };
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...ref(type), $defs: definitions };
}

/** The members that have rules, which is every member of a model. */
export function memberNamesOf(type: ModelClass): readonly string[] {
  return [...rulesOf(type).keys()];
}

/** As Graph writes the type: ChatInfo is chatInfo. */
export function graphNameOf({ name }: ModelClass): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function schemaOfObject(type: ModelClass, ref: Parameters<SchemaOfRule>[0]): JsonSchema {
  const members = [...rulesOf(type)];
  const required = members.filter(([, rules]) => rules.some(({ name }) => name === 'isDefined')).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, rules]) => [name, schemaOfMember(rules, ref)])),
    ...(required.length > 0 && { required }),
    // Annotations may be anywhere.
    ...(!isOpenType(type) && { patternProperties: { '@': true }, additionalProperties: false }),
  };
}

function schemaOfMember(rules: readonly ClassRule[], ref: Parameters<SchemaOfRule>[0]): JsonSchema {
  const schemas = rules.filter(({ name = '' }) => !PRESENCE.includes(name)).map((rule) => schemaOfRule(rule, ref));
  const schema = schemas.length === 1 && schemas[0] !== undefined ? schemas[0] : { allOf: schemas };
  return rules.some(({ name }) => name === 'isOptional') ? { anyOf: [{ type: 'null' }, schema] } : schema;
}

function schemaOfRule({ name = '', constraints }: ClassRule, ref: Parameters<SchemaOfRule>[0]): JsonSchema {
  const [constraint] = (constraints as unknown[] | undefined) ?? [];
  const known = Object.hasOwn(SCHEMA_OF_RULE, name) ? SCHEMA_OF_RULE[name] : undefined;
  if (known !== undefined) return known(constraint);
  if (typeof constraint !== 'function') throw new Error(`The rule ${name} has no schema; give it one in SCHEMA_OF_RULE.`);
  return (constraint as SchemaOfRule)(ref);
}

const rulesOfClass = new Map<ModelClass, ReadonlyMap<string, readonly ClassRule[]>>();

function rulesOf(type: ModelClass): ReadonlyMap<string, readonly ClassRule[]> {
  let rules = rulesOfClass.get(type);
  if (rules === undefined) {
    rules = Map.groupBy(getMetadataStorage().getTargetValidationMetadatas(type, '', false, false), (one) => one.propertyName);
    rulesOfClass.set(type, rules);
  }
  return rules;
}
