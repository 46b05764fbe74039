// Writes the pages and schemas that follow from the code: `npm run docs`. With --check it only says whether they are up to date;
// with --baseline it takes the schemas as released, unless they break those that were released before.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpLimits, httpServerMetrics, KafkaSettings, processMetrics, settingsOf, TracingSettings } from '@callbus/chassis';
import { ACCESS, CONTRACT_ERRORS, TOPICS, WORST_CASES } from '@callbus/contracts';
import { KAFKA_ERRORS, KafkaMetrics } from '@callbus/kafka';
import * as prettier from 'prettier';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { parse, stringify } from 'yaml';
import { DispatcherMetrics, watchDispatcher } from '../apps/call-dispatcher/dist/dispatcher-metrics.js';
import { DispatcherSettings } from '../apps/call-dispatcher/dist/settings/dispatcher-settings.js';
import { GatewayMetrics } from '../apps/gateway/dist/gateway-metrics.js';
import { CallerKeySettings, GatewaySettings } from '../apps/gateway/dist/gateway-settings.js';
import { SimulatorSettings } from '../apps/graph-simulator/dist/simulator-settings.js';
import { LocalStackSettings } from '../apps/local-stack/dist/local-stack-settings.js';
import { CallbackKeySettings, IngestSettings } from '../apps/notification-ingest/dist/ingest-settings.js';
import { CallbackLimits } from '../apps/notification-ingest/dist/callback-limits.js';
import { ReceiverMetrics, watchCallbackKeys } from '../apps/notification-ingest/dist/receiver/receiver-metrics.js';
import { REFUSALS } from '../apps/notification-ingest/dist/receiver/refusals/refusals.js';
import { SequencerMetrics, watchLiveCalls } from '../apps/notification-ingest/dist/sequencer/sequencer-metrics.js';
import { OperatorSettings } from '../apps/operator-cli/dist/installation/operator-settings.js';
import { asyncApi } from './asyncapi.mjs';
import { openApi } from './openapi.mjs';
import { messageSchemas } from './message-schemas.mjs';
import { breakingChangesOfAll } from './schema-changes.mjs';
import { strimziTopics, strimziUsers } from './strimzi.mjs';

const GROUPS = [TracingSettings, KafkaSettings, CallerKeySettings, CallbackKeySettings, CallbackLimits, HttpLimits];

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
    '`calls.` is `KAFKA_TOPIC_PREFIX`. Every record’s key is the callId, but on `calls.repairs`, and its partition is murmur2 of the key, as Kafka’s Java clients compute it. The local stack creates the topics; in production whoever runs the cluster does.';
  const production =
    '## Production\n\nReplication factor 3, `min.insync.replicas=2`, `unclean.leader.election.enable=false`, and `auto.create.topics.enable=false` on the brokers: then no acknowledged record is lost with one broker. `callbus doctor` compares the topics with this page. The dispatcher refuses to start on commands, operator commands or a ledger whose `cleanup.policy`, `message.timestamp.type` or retention would let a call be dialled twice; with ACLs it has to be allowed to DescribeConfigs these three. `compression.type` may be anything: every reader knows gzip, snappy, lz4 and zstd.';
  return [
    '# Topics',
    GENERATED,
    intro,
    table(['topic', 'partitions', 'configuration', 'writers', 'readers'], rows),
    production,
    accessSection(),
    worstSection(),
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

function worstSection() {
  const lists = Object.entries(WORST_CASES).map(
    ([principal, cases]) => `**${principal}**\n\n${cases.map((one) => `- ${one}`).join('\n')}`,
  );
  const intro =
    'The most that somebody can do who has the credential of a principal and writes what no service of callbus would write. Kafka grants rights per topic, so what a principal may write at all is the bound. The dial guarantee holds against every producer and gateway: a CreateCall is dialled once, and again only if it says `ifUnknown: redial` itself or an operator releases it.';
  return ['## At worst', intro, ...lists].join('\n\n');
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
    'What the receiver’s log says (`code`) of a request that is not answered with 202, at most once a second with the `count` since the start. Where the address is one that was given out, the line names its `callId` and `attempt`, and in `others` those of refusals that share the line. The sender learns the status only.',
    table(
      ['code', 'status', 'meaning, and what to do'],
      Object.entries(REFUSALS).map(([code, { status, meaning }]) => [`\`${code}\``, status, meaning]),
    ),
  ].join('\n\n');
}

function metricsPage() {
  const sections = {
    'Every service': (registry) => {
      for (const metric of processMetrics('', {}).getMetricsAsArray()) registry.registerMetric(metric);
      new KafkaMetrics(registry);
    },
    'gateway and notification-receiver': httpServerMetrics,
    gateway: (registry) => new GatewayMetrics(registry),
    'notification-receiver': (registry) => {
      new ReceiverMetrics(registry);
      watchCallbackKeys(registry, {});
    },
    'notification-sequencer': (registry) => {
      new SequencerMetrics(registry);
      watchLiveCalls(registry, {});
    },
    'call-dispatcher': (registry) => {
      new DispatcherMetrics(registry);
      watchDispatcher(registry, {});
    },
  };
  const defaults = new Registry();
  collectDefaultMetrics({ register: defaults });
  const tables = Object.entries(sections).map(([name, register]) => {
    const registry = new Registry();
    register(registry);
    const rows = registry
      .getMetricsAsArray()
      .filter((metric) => defaults.getSingleMetric(metric.name) === undefined)
      .map((metric) => [
        `\`${metric.name}\``,
        metric.constructor.name.toLowerCase(),
        metric.labelNames.map((label) => `\`${label}\``).join(' '),
        metric.help,
      ]);
    return `## ${name}\n\n${table(['metric', 'type', 'labels', 'meaning'], rows)}`;
  });
  const intro =
    '`GET /metrics` of the management port, for Prometheus. Names of OpenTelemetry where there are some, with underscores. Beside these every service has Node’s own, `nodejs_*` and `process_*`. No label holds an id of a call, a person or a device.';
  return ['# Metrics', GENERATED, intro, ...tables].join('\n\n');
}

/** Prometheus' rules, as the Prometheus operator takes them. */
function prometheusRule() {
  const rules = readFileSync(join(FOLDER, PROMETHEUS, 'rules.yaml'), 'utf8');
  const metadata = { name: 'callbus' };
  return yamlPage({ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata, spec: parse(rules) });
}

function yamlPage(...documents) {
  const texts = documents.map((document) => stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }));
  return `# Generated from the code by \`npm run docs\`.\n${texts.join('---\n')}`;
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PROMETHEUS = '../k8s/components/prometheus';
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
  'metrics.md': metricsPage(),
  'asyncapi.yaml': yamlPage(asyncApi(schemas, version)),
  'openapi.yaml': yamlPage(await openApi(version)),
  [`${PROMETHEUS}/prometheus-rule.yaml`]: prometheusRule(),
  '../k8s/components/strimzi/topics.yaml': yamlPage(...strimziTopics(new KafkaSettings())),
  '../k8s/components/strimzi/users.yaml': yamlPage(...strimziUsers(new KafkaSettings())),
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
    mistakes.push(`${join('docs', name)} is not up to date; run «npm run docs»`);
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
