import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { topicName, TOPICS } from '@callbus/contracts';
import {
  createTopics,
  developmentCertificates,
  kafkaAccess,
  topicsToEnsure,
  type KafkaForTests,
  type Progress,
} from '@callbus/local-stack';
import { startSystem } from '../measured-system.js';
import type { BenchArguments } from './arguments.js';
import { CallbackKeys, ISSUER } from './callback-keys.js';
import { sendLoad, type LoadFigures } from './load.js';
import { RecordedCallbacks } from './recorded-callbacks.js';
import type { IngestFigures } from './report.js';

const PARTITIONS = 12;
const WARM_UP_SECONDS = 3;
const OUR_PREFIX = 'bench-ingest.';
const OBVIOUS_PREFIX = 'bench-ingest.obvious.';

/** The side-by-side measurement, on a Kafka that nobody else uses. The systems that are not measured idle meanwhile. */
export async function benchIngest(kafka: KafkaForTests, args: BenchArguments, progress: Progress): Promise<IngestFigures> {
  const { brokers, group, home } = kafka;
  const client = kafkaAccess(brokers, home);
  await createTopics(client, { brokers, topicPrefix: OUR_PREFIX, partitions: PARTITIONS });
  const obviousTopic = topicName(OBVIOUS_PREFIX, TOPICS.observations);
  const likeOurs = topicsToEnsure({ brokers, topicPrefix: OBVIOUS_PREFIX, partitions: PARTITIONS });
  await client.admin().ensureTopics(likeOurs.filter(({ topic }) => topic === obviousTopic));
  await client.close();
  const certificates = await developmentCertificates(join(home, 'certificates'), Date.now());
  const keys = await CallbackKeys.publish(certificates);
  const macKey = randomBytes(32).toString('base64url');
  const callbacks = await progress.step(`signing the tokens of ${args.calls} calls`, () =>
    RecordedCallbacks.about(args.calls, keys, macKey),
  );
  const common = {
    KAFKA_BROKERS: brokers.join(','),
    NODE_EXTRA_CA_CERTS: certificates.caFile,
    CALLBACK_ISSUERS: ISSUER,
  };
  const [receiver, obvious, bare] = await progress.step('starting the three', () =>
    Promise.all([
      startSystem(group, {
        name: 'the receiver',
        mainFile: ['apps', 'notification-ingest', 'dist', 'main.js'],
        environment: {
          ...common,
          NOTIFICATION_INGEST_ROLES: 'receiver',
          MANAGEMENT_HOST: '127.0.0.1',
          MANAGEMENT_PORT: '0',
          KAFKA_TOPIC_PREFIX: OUR_PREFIX,
          KAFKA_PARTITIONS: String(PARTITIONS),
          CALLBACK_MAC_KEYS: macKey,
          CALLBACK_OPENID_URL: keys.openIdUrl(),
        },
      }),
      startSystem(group, {
        name: 'the obvious stack',
        mainFile: ['bench', 'dist', 'ingest', 'obvious', 'main.js'],
        environment: {
          ...common,
          CALLBACKS_TOPIC: obviousTopic,
          CALLBACK_JWKS_URL: keys.jwksUrl(),
        },
      }),
      startSystem(group, {
        name: 'a bare route of Fastify',
        mainFile: ['bench', 'dist', 'ingest', 'bare-fastify.js'],
        environment: {},
      }),
    ]),
  );

  const figures = { receiver: [] as LoadFigures[], obvious: [] as LoadFigures[], bare: [] as LoadFigures[] };
  const turns = [
    { system: bare, loads: figures.bare },
    { system: obvious, loads: figures.obvious },
    { system: receiver, loads: figures.receiver },
  ];
  const load = ({ name, port }: { readonly name: string; readonly port: number }, seconds: number, round: string) =>
    progress.step(`${name}, ${round}`, () => sendLoad(port, callbacks, { connections: args.connections, seconds }));
  for (const { system } of turns) await load(system, WARM_UP_SECONDS, 'warming up');
  for (let round = 1; round <= args.rounds; round += 1) {
    // Each is as often first as last: what else happens on the machine hits all alike.
    for (const { system, loads } of round % 2 === 1 ? turns : turns.toReversed()) {
      loads.push(await load(system, args.seconds, `round ${round}`));
    }
  }
  await keys.close();
  return figures;
}
