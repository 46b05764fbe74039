import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { topicName, TOPICS } from '@callbus/contracts';
import {
  developmentCertificates,
  kafkaAccess,
  PROJECT_ROOT,
  topicsToEnsure,
  type KafkaForTests,
  type Progress,
} from '@callbus/local-stack';
import type { Request } from 'autocannon';
import { startSystem, type MeasuredSystem } from '../measured-system.js';
import type { BenchArguments } from './arguments.js';
import { AUDIENCE, CallerKeys } from './caller-keys.js';
import { writeSnapshots } from './known-calls.js';
import { sendLoad, type LoadFigures } from './load.js';
import type { GatewayFigures } from './report.js';

const PARTITIONS = 12;
const WARM_UP_SECONDS = 3;
const OUR_PREFIX = 'bench-gateway.';
const MINIMAL_PREFIX = 'bench-gateway.minimal.';
const PATH = '/v1.0/communications/calls';
/** A caller may do less in a second than is measured. */
const RAISED_LIMITS = { GATEWAY_REQUESTS_PER_SECOND: '1000000' } as const;
const CALL_FILE = join(PROJECT_ROOT, 'libs', 'graph', 'fixtures', 'create-call', 'seed-ex1-request.json');

/** The side-by-side measurement, on a Kafka that nobody else uses. The systems that are not measured idle meanwhile. */
export async function benchGateway(kafka: KafkaForTests, args: BenchArguments, progress: Progress): Promise<GatewayFigures> {
  const { brokers, group, home } = kafka;
  const tenantId = randomUUID();
  const client = kafkaAccess(brokers, home);
  const minimalTopic = topicName(MINIMAL_PREFIX, TOPICS.commands);
  const topicsOf = (topicPrefix: string) => topicsToEnsure({ brokers, topicPrefix, partitions: PARTITIONS });
  const likeOurs = topicsOf(MINIMAL_PREFIX).filter(({ topic }) => topic === minimalTopic);
  await client.admin().ensureTopics([...topicsOf(OUR_PREFIX), ...likeOurs]);
  const snapshotsTopic = topicName(OUR_PREFIX, TOPICS.snapshots);
  const callIds = await progress.step(`writing snapshots of ${args.calls} calls`, () =>
    writeSnapshots(client, { topic: snapshotsTopic, partitions: PARTITIONS, tenantId, count: args.calls }),
  );
  await client.close();

  const certificates = await developmentCertificates(join(home, 'certificates'), Date.now());
  const keys = await CallerKeys.publish(certificates);
  const headers = { authorization: `Bearer ${await keys.token(randomUUID(), tenantId)}` };
  const body = JSON.stringify({ ...(JSON.parse(readFileSync(CALL_FILE, 'utf8')) as object), tenantId });
  const post = (): Request => ({
    method: 'POST',
    path: PATH,
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });
  let read = 0;
  const get = (): Request => ({ method: 'GET', path: `${PATH}/${callIds[(read += 1) % callIds.length] ?? ''}`, headers });

  const environment = { KAFKA_BROKERS: brokers.join(','), NODE_EXTRA_CA_CERTS: certificates.caFile };
  const gateway = await progress.step('starting the gateway', () =>
    startSystem(group, {
      name: 'the gateway',
      mainFile: ['apps', 'gateway', 'dist', 'main.js'],
      environment: {
        ...environment,
        ...RAISED_LIMITS,
        MANAGEMENT_HOST: '127.0.0.1',
        MANAGEMENT_PORT: '0',
        KAFKA_TOPIC_PREFIX: OUR_PREFIX,
        KAFKA_PARTITIONS: String(PARTITIONS),
        GRAPH_APP_ID: randomUUID(),
        GATEWAY_ISSUERS: keys.issuer(),
        GATEWAY_AUDIENCE: AUDIENCE,
        GATEWAY_OPENID_URL: keys.openIdUrl(),
      },
    }),
  );
  const call = await fetch(`http://127.0.0.1:${gateway.port}${get().path ?? ''}`, { headers });
  const [minimal, bare] = await progress.step('starting the other two', () =>
    Promise.all([
      startSystem(group, {
        name: 'the minimal gateway',
        mainFile: ['bench', 'dist', 'gateway', 'minimal', 'main.js'],
        environment: { ...environment, COMMANDS_TOPIC: minimalTopic },
      }),
      call.text().then((text) =>
        startSystem(group, {
          name: 'bare Fastify',
          mainFile: ['bench', 'dist', 'gateway', 'bare-fastify.js'],
          environment: { ANSWERED_CALL: text },
        }),
      ),
    ]),
  );

  const figures = {
    post: { gateway: [] as LoadFigures[], minimal: [] as LoadFigures[], bare: [] as LoadFigures[] },
    get: { gateway: [] as LoadFigures[], bare: [] as LoadFigures[] },
  };
  const turns = [
    { system: bare, next: post, loads: figures.post.bare },
    { system: minimal, next: post, loads: figures.post.minimal },
    { system: gateway, next: post, loads: figures.post.gateway },
    { system: bare, next: get, loads: figures.get.bare },
    { system: gateway, next: get, loads: figures.get.gateway },
  ];
  const load = ({ name, port }: MeasuredSystem, next: () => Request, seconds: number, round: string) =>
    progress.step(`${name}, ${next.name}, ${round}`, () => sendLoad(port, next, { connections: args.connections, seconds }));
  for (const { system, next } of turns) await load(system, next, WARM_UP_SECONDS, 'warming up');
  for (let round = 1; round <= args.rounds; round += 1) {
    // Each is as often first as last: what else happens on the machine hits all alike.
    for (const { system, next, loads } of round % 2 === 1 ? turns : turns.toReversed()) {
      loads.push(await load(system, next, args.seconds, `round ${round}`));
    }
  }
  await keys.close();
  return figures;
}
