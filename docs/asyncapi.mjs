// The AsyncAPI document of the topics.
import { dataSchema, MESSAGES, TOPICS, topicName } from '@callbus/contracts';
import { DEAD_LETTER_HEADERS } from '@callbus/kafka';

const PREFIX = 'calls.';
const SUMMARIES = {
  commands: 'What is to be done: CloudEvents from any authorised producer, structured or binary.',
  operatorCommands: 'Commands that only an operator may send: CloudEvents, structured or binary.',
  dispatchLedger: 'Who may dial, and what came of it. Internal.',
  observations: 'What was seen of a call: Graph’s callbacks byte for byte, and outcomes. Internal.',
  events:
    'The history of every call: CloudEvents in order, numbered without gaps by `sequence`. Ignore a sequence at or below the last one seen.',
  snapshots: 'The folded state of every call, the last of each key counts. Internal.',
  commandsDeadLetter: 'Commands that could not be handled, byte for byte, with the reason in their headers.',
  observationsDeadLetter: 'Observations that could not be handled, byte for byte, with the reason in their headers.',
  repairs: 'Operators’ orders to pass over unreadable records; kept forever. Internal.',
};
const COMMANDS = ['commands', 'operatorCommands'];
const CLOUD_EVENTS = [...COMMANDS, 'events'];
const REPAIR_KEY = { type: 'string', description: 'Topic, partition and first offset, between slashes.' };
const KEY = { type: 'string', format: 'uuid', description: 'The callId, in lower case.' };

/**
 * @param {import('./message-schemas.mjs').MessageSchema[]} schemas
 * @param {string} release
 */
export function asyncApi(schemas, release) {
  const topics = Object.entries(TOPICS);
  const messagesOf = (topic) => {
    const own = schemas.filter((one) => one.topic === topic);
    return own.length > 0 ? own.map(nameOf) : ['deadLetter'];
  };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'callbus: the topics',
      version: release,
      description:
        'Place Microsoft Graph calls by writing a command; read the ordered history of every call. `calls.` is the installation’s `KAFKA_TOPIC_PREFIX`. Within a version only optional members are added.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      topics.map(([topic, spec]) => [
        topic,
        {
          address: topicName(PREFIX, spec),
          summary: SUMMARIES[topic],
          description: `Written by: ${spec.writers.join(', ')}. Read by: ${spec.readers.join(', ')}.`,
          messages: Object.fromEntries(messagesOf(topic).map((name) => [name, { $ref: `#/components/messages/${name}` }])),
          bindings: { kafka: bindingOf(spec) },
        },
      ]),
    ),
    operations: Object.fromEntries(
      topics.map(([topic]) => {
        const action = COMMANDS.includes(topic) ? 'receive' : 'send';
        return [`${action}-${topic}`, { action, channel: { $ref: `#/channels/${topic}` }, summary: SUMMARIES[topic] }];
      }),
    ),
    components: {
      messages: { ...Object.fromEntries(schemas.map((one) => [nameOf(one), messageOf(one)])), deadLetter: DEAD_LETTER },
      schemas: Object.assign({}, ...schemas.map(componentsOf)),
    },
  };
}

/** Types of CloudEvents have names of their own; a record of ours is known by its topic too, and a newer version by its number. */
const nameOf = ({ topic, type, version }) => {
  if (CLOUD_EVENTS.includes(topic) || topic === 'snapshots') return type;
  return Object.hasOwn(MESSAGES[topic].newer ?? {}, type) && version > MESSAGES[topic].version
    ? `${topic}-${type}-${String(version)}`
    : `${topic}-${type}`;
};
const referTo = (one) => ({ $ref: `#/components/schemas/${nameOf(one)}` });

/** The schemas of a message and of what it refers to, as the document names them. */
function componentsOf(one) {
  const { $id, $defs, description = '', type, required, properties } = one.schema;
  const own = { description: `${description} \`${$id}\``.trim(), type, required, properties };
  const components = JSON.stringify({ [nameOf(one)]: own, ...$defs });
  return JSON.parse(components.replaceAll('"#/$defs/', '"#/components/schemas/'), withoutTypeBesideReference);
}

/** AsyncAPI's own dialect ignores what is beside a reference; its definition has the type. */
function withoutTypeBesideReference(_name, value) {
  if (typeof value === 'object' && value !== null && typeof value.$ref === 'string') delete value.type;
  return value;
}

function messageOf(one) {
  const { topic, type, schema } = one;
  const isCloudEvent = CLOUD_EVENTS.includes(topic);
  return {
    name: type,
    title: type,
    summary: schema.description,
    contentType: isCloudEvent ? 'application/cloudevents+json' : 'application/json',
    payload: isCloudEvent ? envelopeOf(one) : referTo(one),
    bindings: { kafka: { key: topic === 'repairs' ? REPAIR_KEY : KEY, bindingVersion: '0.5.0' } },
  };
}

function envelopeOf(one) {
  const { topic, type, version } = one;
  const isEvent = topic === 'events';
  const text = { type: 'string', minLength: 1 };
  return {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'data', ...(isEvent ? ['subject', 'time', 'dataschema', 'sequence'] : [])],
    properties: {
      specversion: { const: '1.0' },
      id: type === 'CreateCall' ? { ...text, description: 'The callId.' } : text,
      source: isEvent ? { ...text, description: '`/calls/{callId}`' } : { ...text, description: 'Who sends it.' },
      type: { const: type },
      subject: { type: 'string', description: 'The callId.' },
      time: { type: 'string', format: 'date-time' },
      datacontenttype: { const: 'application/json' },
      dataschema: { const: dataSchema(type, version) },
      ...(isEvent && {
        sequence: {
          type: 'string',
          pattern: '^\\d{10}$',
          description: 'Of this call, from 0000000001 without gaps; sorts as text.',
        },
      }),
      data: referTo(one),
    },
  };
}

const DEAD_LETTER = {
  name: 'deadLetter',
  title: 'A record that could not be handled',
  summary: 'The original key, value and headers, and what went wrong in further headers.',
  headers: {
    type: 'object',
    properties: Object.fromEntries(Object.values(DEAD_LETTER_HEADERS).map((name) => [name, { type: 'string' }])),
  },
  payload: { description: 'The original value, byte for byte.' },
};

function bindingOf({ partitions, config }) {
  const numbers = ['retention.ms', 'max.message.bytes'].filter((name) => name in config);
  return {
    ...(typeof partitions === 'number' && { partitions }),
    topicConfiguration: {
      'cleanup.policy': [config['cleanup.policy']],
      ...Object.fromEntries(numbers.map((name) => [name, Number(config[name])])),
    },
    bindingVersion: '0.5.0',
  };
}
