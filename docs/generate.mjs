// Writes the pages and schemas that follow from the code: `npm run docs`. With --check it only says whether they are up to date;
// with --baseline it takes the schemas as released, unless they break those that were released before.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpLimits, KafkaSettings, settingsOf } from '@callbus/chassis';
import { ACCESS, CONTRACT_ERRORS, TOPICS } from '@callbus/contracts';
import { KAFKA_ERRORS } from '@callbus/kafka';
import * as prettier from 'prettier';
import { stringify } from 'yaml';
import { DispatcherSettings } from '../apps/call-dispatcher/dist/dispatcher-settings.js';
import { GatewaySettings } from '../apps/gateway/dist/gateway-settings.js';
import { SimulatorSettings } from '../apps/graph-simulator/dist/simulator-settings.js';
import { LocalStackSettings } from '../apps/local-stack/dist/local-stack-settings.js';
import { IngestSettings } from '../apps/notification-ingest/dist/ingest-settings.js';
import { CallbackKeySettings } from '../apps/notification-ingest/dist/receiver/callback-key-settings.js';
import { CallbackLimits } from '../apps/notification-ingest/dist/receiver/callback-limits.js';
import { REFUSALS } from '../apps/notification-ingest/dist/receiver/refusals.js';
import { OperatorSettings } from '../apps/operator-cli/dist/operator-settings.js';
import { asyncApi } from './asyncapi.mjs';
import { openApi } from './openapi.mjs';
import { messageSchemas } from './message-schemas.mjs';
import { breakingChangesOfAll } from './schema-changes.mjs';

const GROUPS = [KafkaSettings, CallbackKeySettings, CallbackLimits, HttpLimits];

const GENERATED = '<!-- Generated from the code by `npm run docs`. -->';

function table(heads, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

const SETTINGS = {
  gateway: GatewaySettings,
  'call-dispatcher': DispatcherSettings,
  'notification-ingest': IngestSettings,
  'operator-cli': OperatorSettings,
  'graph-simulator': SimulatorSettings,
  'local-stack': LocalStackSettings,
};

function configurationPage() {
  const tables = Object.entries(SETTINGS).map(([name, type]) => {
    const rows = settingsOf(type).map(({ variable, describe, secret }) => [
      `\`${variable}\``,
      describe + (secret ? ' (secret)' : ''),
      defaultCell(type, variable),
    ]);
    return `## ${name}\n\n${table(['variable', 'meaning', 'default'], rows)}`;
  });
  const intro =
    'Environment variables. The value of any `NAME` may be in a file that `NAME_FILE` names. A faulty one ends the start, with all faults at once. [.env.example](../.env.example) has them in one file.';
  return ['# Configuration', GENERATED, intro, ...tables].join('\n\n');
}

/** Every variable under those who read it; what means something else to another service stands there too. */
function envExample() {
  const variables = new Map();
  for (const [service, type] of Object.entries(SETTINGS)) {
    for (const { variable, describe } of settingsOf(type)) {
      const value = defaultOf(type, variable);
      const meaning = `# ${describe}\n#${variable}=${value}`;
      variables.set(meaning, [...(variables.get(meaning) ?? []), service]);
    }
  }
  const sections = Map.groupBy(variables, ([, services]) => services.join(', '));
  return [
    '# Generated from the code by `npm run docs`. Copy it to .env and fill in what you need: `npm run stack -- --graph real` reads',
    '# it. Any NAME may be in a file that NAME_FILE names instead. What has a value here has it by default.',
    ...[...sections].map(([services, ones]) => `\n## ${services}\n\n${ones.map(([meaning]) => meaning).join('\n')}`),
    '',
  ].join('\n');
}

function defaultCell(type, variable) {
  const value = defaultOf(type, variable);
  return value === '' ? '' : `\`${value}\``;
}

function defaultOf(type, variable) {
  for (const holder of [type, ...GROUPS].map((one) => new one())) {
    const info = settingsOf(holder.constructor).find((one) => one.variable === variable);
    if (info === undefined || !Object.hasOwn(holder, info.property)) continue;
    const value = holder[info.property];
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '';
    return Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return '';
}

function topicsPage() {
  const rows = Object.values(TOPICS).map(({ name, partitions, config, writers, readers }) => [
    `\`calls.${name}\``,
    partitions === 'installation' ? '`KAFKA_PARTITIONS`' : partitions,
    Object.entries(config)
      .map(([key, value]) => `\`${key}=${value}\``)
      .join(' '),
    writers.join(', '),
    readers.join(', '),
  ]);
  const intro =
    '`calls.` is `KAFKA_TOPIC_PREFIX`. Every record’s key is the callId, and its partition is murmur2 of the key, as Kafka’s Java clients compute it. The local stack creates the topics; in production whoever runs the cluster does.';
  const production =
    '## Production\n\nReplication factor 3, `min.insync.replicas=2`, `unclean.leader.election.enable=false`, and `auto.create.topics.enable=false` on the brokers: then no acknowledged record is lost with one broker. `callbus doctor` compares the topics with this page.';
  return [
    '# Topics',
    GENERATED,
    intro,
    table(['topic', 'partitions', 'configuration', 'writers', 'readers'], rows),
    production,
    accessSection(),
  ].join('\n\n');
}

function accessSection() {
  const rows = Object.entries(ACCESS).flatMap(([principal, rules]) =>
    rules.map(({ resource, name, pattern, operations }, index) => [
      index === 0 ? principal : '',
      resource,
      `\`calls.${name}${pattern === 'prefixed' ? '*' : ''}\``,
      operations.join(', '),
    ]),
  );
  const intro =
    'What each principal may do, on brokers with an authorizer and `allow.everyone.if.no.acl.found=false`. A name that ends with `*` is a prefix. READ and WRITE hold DESCRIBE. Nobody creates or alters a topic at run time. A process with both roles of notification-ingest needs the rights of both. Each producer and subscriber has a principal of its own; a subscriber’s groups begin with a name that is its own too, here `subscriber`. That `callbus doctor` may look the rules up, the operator needs DESCRIBE of the cluster besides.';
  return ['## Access', intro, table(['principal', 'resource', 'name', 'operations'], rows)].join('\n\n');
}

function errorsPage() {
  const rowsOf = (errors) => Object.entries(errors).map(([code, meaning]) => [`\`${code}\``, meaning]);
  return [
    '# Errors',
    GENERATED,
    '## Messages',
    'The reason of a dead letter (`dead-letter-reason`), beside `UNEXPECTED` for a failure that nobody foresaw and `UNHANDLED_NOTIFICATION` for a callback that nobody can read.',
    table(['code', 'meaning, and what to do'], rowsOf(CONTRACT_ERRORS)),
    '## Kafka',
    table(['code', 'meaning, and what to do'], rowsOf(KAFKA_ERRORS)),
    '## Callbacks',
    'What the receiver’s log says (`code`) of a request that is not answered with 202, at most once a second with the `count` since the start. The sender learns the status only.',
    table(
      ['code', 'status', 'meaning, and what to do'],
      Object.entries(REFUSALS).map(([code, { status, meaning }]) => [`\`${code}\``, status, meaning]),
    ),
  ].join('\n\n');
}

function yamlPage(document) {
  return `# Generated from the code by \`npm run docs\`.\n${stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 })}`;
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const BASELINE = 'schemas/baseline.json';
const { version } = JSON.parse(readFileSync(join(FOLDER, '../package.json'), 'utf8'));
const schemas = messageSchemas();
const byId = Object.fromEntries(schemas.map(({ schema }) => [schema.$id, schema]));
const schemaFiles = schemas.map((one) => [`schemas/${one.topic}/${one.type}/${one.version}.json`, JSON.stringify(one.schema)]);

const files = {
  'configuration.md': configurationPage(),
  '../.env.example': envExample(),
  'topics.md': topicsPage(),
  'errors.md': errorsPage(),
  'asyncapi.yaml': yamlPage(asyncApi(schemas, version)),
  'openapi.yaml': yamlPage(await openApi(version)),
  ...Object.fromEntries(schemaFiles),
};
const mistakes = process.argv.includes('--baseline') ? takeAsReleased() : [];
const isCheck = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  const file = join(FOLDER, name);
  const { inferredParser } = await prettier.getFileInfo(file);
  const formatted = inferredParser
    ? await prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file })
    : text;
  if (!isCheck) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, formatted);
  } else if (!existsSync(file) || formatted !== readFileSync(file, 'utf8')) {
    mistakes.push(`docs/${name} is not up to date; run «npm run docs»`);
  }
}
for (const name of globSync('schemas/*/*/*.json', { cwd: FOLDER }).filter((one) => !(one in files))) {
  if (isCheck) mistakes.push(`docs/${name} describes no message of this release; run «npm run docs»`);
  else rmSync(join(FOLDER, name));
}
for (const mistake of mistakes) console.error(mistake);
if (mistakes.length > 0) process.exitCode = 1;

/** @returns what keeps it from that */
function takeAsReleased() {
  const file = join(FOLDER, BASELINE);
  const breaks = existsSync(file) ? breakingChangesOfAll(JSON.parse(readFileSync(file, 'utf8')), byId) : [];
  if (breaks.length === 0) files[BASELINE] = JSON.stringify(byId);
  return breaks;
}
