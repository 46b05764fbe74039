import { Call, schemaOf } from '@callbus/graph';

type Schemas = Readonly<Record<string, object>>;

interface TaggedType {
  readonly $ref: string;
  readonly properties: Readonly<Record<string, { readonly const: string }>>;
}

interface TaggedTypes {
  readonly discriminator: { readonly propertyName: string };
  readonly oneOf: readonly TaggedType[];
}

/** As the components of Graph's own OpenAPI document are named. */
const COMPONENT = '#/components/schemas/microsoft.graph.';

/** Where the document has the schema of a type of Graph's. */
export function graphSchemaPath(type: string): string {
  return `${COMPONENT}${type}`;
}

/** The types that a create is made of, by the names of their components: the schema that checks it, in OpenAPI's places. */
export function graphSchemas(): Schemas {
  const { $defs } = schemaOf(Call);
  const text = JSON.stringify($defs).replaceAll('"#/$defs/', `"${COMPONENT}`);
  const definitions = JSON.parse(text, withMapping) as Schemas;
  return Object.fromEntries(Object.entries(definitions).map(([type, schema]) => [`microsoft.graph.${type}`, schema]));
}

/**
 * OpenAPI's discriminator has to be told which value stands for which component. Only the tag beside each reference keeps these
 * apart, which not every tool looks at: `anyOf` says the same without asking for it.
 */
function withMapping(_name: string, value: unknown): unknown {
  if (!isTagged(value)) return value;
  const { discriminator, oneOf, ...rest } = value;
  const tagOf = ({ properties }: TaggedType): string => properties[discriminator.propertyName]?.const ?? '';
  const mapping = Object.fromEntries(oneOf.map((one) => [tagOf(one), one.$ref]));
  return { ...rest, discriminator: { ...discriminator, mapping }, anyOf: oneOf };
}

function isTagged(value: unknown): value is TaggedTypes {
  return typeof value === 'object' && value !== null && 'discriminator' in value && 'oneOf' in value;
}
