// A JSON Schema for each type and version of a message, made of the classes that check it and of their docstrings.
import { dataSchema, MESSAGES } from '@callbus/contracts';
import storage from 'class-transformer/cjs/storage.js';
import { getMetadataStorage, IS_ISO8601, ValidationTypes } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { fileURLToPath } from 'node:url';
import { docstringsOf } from './docstrings.mjs';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/**
 * @typedef {Readonly<Record<string, any>>} Schema
 * @typedef {{ topic: string, type: string, version: number, schema: Schema }} MessageSchema of a CloudEvent, that of its data
 */

/** @returns {MessageSchema[]} */
export function messageSchemas() {
  const classes = new SchemasOfClasses();
  return Object.entries(MESSAGES).flatMap(([topic, { subject, tag, ...kind }]) =>
    versionsOf(kind).map(({ type, version, holder }) => {
      const envelope = tag === undefined ? {} : { version: { const: version }, [tag]: { const: type } };
      const parts = (subject === undefined ? [holder] : [subject, holder]).map((part) => classes.schemaOf(part));
      const properties = Object.assign({}, envelope, ...parts.map((part) => part.properties));
      const schema = {
        $schema: DIALECT,
        $id: dataSchema(tag === undefined ? type : `${topic}/${type}`, version),
        title: type,
        ...classes.description(holder),
        type: 'object',
        required: [...new Set([...Object.keys(envelope), ...parts.flatMap((part) => part.required)])],
        properties,
        ...classes.definitionsFor(properties),
      };
      return { topic, type, version, schema };
    }),
  );
}

/** Every version of every type that is written. */
function versionsOf({ version: first, laterVersions = {}, newer = {}, types }) {
  return [
    ...Object.entries(types).map(([type, holder]) => ({ type, version: laterVersions[type] ?? first, holder })),
    ...Object.entries(newer).map(([type, { version, holder }]) => ({ type, version, holder })),
  ];
}

class SchemasOfClasses {
  docs = docstringsOf(fileURLToPath(new URL('../libs/contracts/src', import.meta.url)));
  byName = validationMetadatasToSchemas({
    classTransformerMetadataStorage: storage.defaultMetadataStorage,
    refPointerPrefix: '#/$defs/',
    additionalConverters: {
      [IS_ISO8601]: { type: 'string', format: 'date-time' },
      isDateTime: { type: 'string', format: 'date-time' },
      [ValidationTypes.CUSTOM_VALIDATION]: {},
    },
  });

  schemaOf(type) {
    const { properties = {}, required = [] } = this.byName[type.name] ?? {};
    // The library takes every condition for «optional»; the only one of ours is IsNullable, which it is not.
    const conditions = getMetadataStorage()
      .getTargetValidationMetadatas(type, '', false, false)
      .filter((rule) => rule.type === ValidationTypes.CONDITIONAL_VALIDATION);
    const isOptional = (member) => conditions.some((rule) => rule.propertyName === member && rule.name === 'isOptional');
    const isNullable = (member) => conditions.some((rule) => rule.propertyName === member && rule.name !== 'isOptional');
    const described = Object.entries(properties).map(([member, schema]) => [
      member,
      { ...this.description(type, member), ...(isNullable(member) ? { anyOf: [schema, { type: 'null' }] } : schema) },
    ]);
    return {
      type: 'object',
      required: Object.keys(properties).filter(
        (member) => required.includes(member) || (isNullable(member) && !isOptional(member)),
      ),
      properties: Object.fromEntries(described),
    };
  }

  /** The classes that these members refer to, and those that they lead to. */
  definitionsFor(properties) {
    const definitions = {};
    const collect = (members) => {
      for (const [, name] of JSON.stringify(members).matchAll(/"#\/\$defs\/(\w+)"/g)) {
        if (Object.hasOwn(definitions, name)) continue;
        const type = [...getMetadataStorage().validationMetadatas.keys()].find((one) => one.name === name);
        definitions[name] = { ...this.description(type), ...this.schemaOf(type) };
        collect(definitions[name].properties);
      }
    };
    collect(properties);
    return Object.keys(definitions).length === 0 ? {} : { $defs: definitions };
  }

  /** What the docstring says of a class, or of a member of it or of one that it extends. */
  description(type, member) {
    for (let one = type; one?.name; one = Object.getPrototypeOf(one)) {
      const docs = this.docs.get(one.name);
      const description = member === undefined ? docs?.text : docs?.members.get(member);
      if (description !== undefined) return { description };
    }
    return {};
  }
}
