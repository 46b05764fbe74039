import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ACCESS, topicName, TOPICS, type Principal } from '@callbus/contracts';
import { createKafkaClient } from '@callbus/kafka';
import kafkajs from 'kafkajs';
import type { DevelopmentCertificates } from '../../apps/local-stack/src/identities/development-ca.js';
import { openGuardedGroup, type GuardedGroup } from '../../apps/local-stack/src/processes/guarded-group.js';
import { bootBroker, formatBroker, planCluster, type BrokerPlan } from '../../apps/local-stack/src/kafka/kafka-broker.js';
import { kafkaJars } from '../../apps/local-stack/src/kafka/kafka-jars.js';
import type { BrokerProperties } from '../../apps/local-stack/src/kafka/kafka-properties.js';
import { stackPlaces, type StackPlaces } from '../../apps/local-stack/src/places.js';
import { freePort } from '../../apps/local-stack/src/services/ports.js';
import { createProgress } from '../../apps/local-stack/src/progress.js';
import { createTopics } from '../../apps/local-stack/src/kafka/topics.js';
import { appCertificate } from '../../libs/graph/src/testing/app-certificate.js';
import { plainKafka } from './plain-kafka.js';

// Node sees no further names in that CommonJS module.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

export const TOPIC_PREFIX = 'calls.';
const PARTITIONS = 3;
const PRINCIPALS = Object.keys(ACCESS) as Principal[];
const CALLBACK = 'org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler';
const TOKEN_SECONDS = 3_600;
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

type Variables = Readonly<Record<string, string>>;

/**
 * A broker as in production: whoever comes has to prove who it is, by SASL over TLS or by a certificate, and may do what ACCESS
 * says and no more. Every principal is known by SCRAM and PLAIN, its name being its password, by tokens, and by a certificate.
 */
export class SecureKafka {
  private constructor(
    private readonly places: StackPlaces,
    private readonly guarded: GuardedGroup,
    private readonly tokens: Server,
    private readonly certificates: DevelopmentCertificates,
    private readonly clients: ReadonlyMap<Principal, { readonly certificate: string; readonly privateKey: string }>,
    /** Of those who need to prove nothing, and may do everything. */
    readonly insecure: string,
    private readonly saslBroker: string,
    private readonly sslBroker: string,
  ) {}

  static async start(certificates: DevelopmentCertificates): Promise<SecureKafka> {
    const places = stackPlaces({ home: `.callbus/test-secure-kafka-${process.pid}`, cache: '.cache' });
    const guarded = await openGuardedGroup(places);
    const taken = new Set<number>();
    const [broker, controller, sasl, ssl] = [
      await freePort(taken),
      await freePort(taken),
      await freePort(taken),
      await freePort(taken),
    ];
    const clients = new Map(
      await Promise.all(PRINCIPALS.map(async (name) => [name, await appCertificate('rsa', name)] as const)),
    );
    const trusted = join(places.home, 'trusted.pem');
    const shown = join(places.home, 'shown.pem');
    const own = [...clients.values()].map(({ certificate }) => `${certificate}\n`);
    await writeFile(trusted, [readFileSync(certificates.caFile, 'utf8'), ...own].join(''));
    await writeFile(shown, [certificates.keyFile, certificates.certFile].map((file) => readFileSync(file, 'utf8')).join(''));
    const address = { nodeId: 1, brokerPort: broker, controllerPort: controller };
    const plan: BrokerPlan = {
      java: 'java',
      jarsFolder: await kafkaJars(places.cache, guarded.group, createProgress()),
      folder: join(places.home, 'kafka'),
      address,
      cluster: planCluster([address]),
      scramUsers: Object.fromEntries(PRINCIPALS.map((name) => [name, name])),
      further: securedBy({ broker, controller, sasl, ssl }, { trusted, shown }),
    };
    await formatBroker(plan, guarded.group);
    await bootBroker(plan, guarded.group);
    const tokens = await tokenEndpoint(certificates);
    const at = (port: number): string => `localhost:${port}`;
    const kafka = new SecureKafka(places, guarded, tokens, certificates, clients, `127.0.0.1:${broker}`, at(sasl), at(ssl));
    await kafka.furnish();
    return kafka;
  }

  /** Settings of a process that proves who it is by SASL over TLS. */
  bySasl(principal: Principal, mechanism: 'plain' | 'scram-sha-512' | 'oauthbearer'): Variables {
    return {
      ...this.common(this.saslBroker),
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: principal,
      KAFKA_SASL_PASSWORD: principal,
      ...(mechanism === 'oauthbearer' && {
        KAFKA_SASL_TOKEN_URL: `https://localhost:${(this.tokens.address() as AddressInfo).port}/token`,
        KAFKA_SASL_SCOPE: 'kafka',
      }),
    };
  }

  /** Settings of a process that proves who it is by its certificate. */
  byCertificate(principal: Principal): Variables {
    const { certificate = '', privateKey = '' } = this.clients.get(principal) ?? {};
    return { ...this.common(this.sslBroker), KAFKA_SSL_CERT: certificate, KAFKA_SSL_KEY: privateKey };
  }

  /** Puts a record into every topic: of an empty one nobody is refused anything. */
  async fill(): Promise<void> {
    const producer = plainKafka([this.insecure]).producer();
    await producer.connect();
    const topicMessages = Object.values(TOPICS).map((topic) => ({
      topic: topicName(TOPIC_PREFIX, topic),
      messages: [{ partition: 0, key: 'key', value: null }],
    }));
    await producer.sendBatch({ topicMessages });
    await producer.disconnect();
  }

  async stop(): Promise<void> {
    this.tokens.closeAllConnections();
    this.tokens.close();
    await this.guarded.group.end(this.guarded.group.names());
    await this.guarded.dismiss();
    await rm(this.places.home, { recursive: true, force: true });
  }

  private common(broker: string): Variables {
    return {
      KAFKA_BROKERS: broker,
      KAFKA_TOPIC_PREFIX: TOPIC_PREFIX,
      KAFKA_PARTITIONS: String(PARTITIONS),
      KAFKA_SSL_ENABLED: 'true',
      KAFKA_SSL_CA_FILE: this.certificates.caFile,
    };
  }

  /** Gives a principal its rights. @param kind only those to topics, or to groups */
  async grant(principal: Principal, kind?: 'topic' | 'group'): Promise<void> {
    await this.giveRights([principal], kind);
  }

  /** Takes all its rights from a principal. */
  async revoke(principal: Principal): Promise<void> {
    const admin = plainKafka([this.insecure]).admin();
    await admin.connect();
    await admin.deleteAcls({
      filters: [
        {
          principal: `User:${principal}`,
          resourceType: AclResourceTypes.ANY,
          resourcePatternType: ResourcePatternTypes.ANY,
          operation: AclOperationTypes.ANY,
          permissionType: AclPermissionTypes.ANY,
        },
      ],
    });
    await admin.disconnect();
  }

  /** The topics, and the rules of ACCESS. */
  private async furnish(): Promise<void> {
    const brokers = [this.insecure];
    const client = createKafkaClient({ brokers, clientId: 'test', logger });
    await createTopics(client, { brokers, topicPrefix: TOPIC_PREFIX, partitions: PARTITIONS });
    await client.close();
    await this.giveRights(PRINCIPALS);
  }

  private async giveRights(principals: readonly Principal[], kind?: 'topic' | 'group'): Promise<void> {
    const admin = plainKafka([this.insecure]).admin();
    await admin.connect();
    const acl = principals.flatMap((principal) =>
      ACCESS[principal]
        .filter(({ resource }) => kind === undefined || resource === kind)
        .flatMap(({ resource, name, pattern, operations }) =>
          operations.map((operation) => ({
            principal: `User:${principal}`,
            host: '*',
            resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
            resourceName: `${TOPIC_PREFIX}${name}`,
            resourcePatternType: pattern === 'literal' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
            operation: AclOperationTypes[operation],
            permissionType: AclPermissionTypes.ALLOW,
          })),
        ),
    );
    await admin.createAcls({ acl });
    await admin.disconnect();
  }
}

function securedBy(
  ports: Readonly<Record<'broker' | 'controller' | 'sasl' | 'ssl', number>>,
  files: { readonly trusted: string; readonly shown: string },
): BrokerProperties {
  const passwords = PRINCIPALS.map((name) => `user_${name}="${name}"`).join(' ');
  const login = (module: string, options = ''): string => `org.apache.kafka.common.security.${module} required${options};`;
  const names = { BROKER: ports.broker, CONTROLLER: ports.controller, SASL: ports.sasl, SSL: ports.ssl };
  return {
    listeners: Object.entries(names)
      .map(([name, port]) => `${name}://127.0.0.1:${port}`)
      .join(','),
    'advertised.listeners': `BROKER://127.0.0.1:${ports.broker},SASL://localhost:${ports.sasl},SSL://localhost:${ports.ssl}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,SSL:SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': files.shown,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': files.trusted,
    'listener.name.ssl.ssl.client.auth': 'required',
    'listener.name.ssl.ssl.principal.mapping.rules': 'RULE:^CN=([^,]+)$/$1/',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN,OAUTHBEARER',
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': login('scram.ScramLoginModule'),
    'listener.name.sasl.plain.sasl.jaas.config': login('plain.PlainLoginModule', ` ${passwords}`),
    'listener.name.sasl.oauthbearer.sasl.jaas.config': login('oauthbearer.OAuthBearerLoginModule'),
    'listener.name.sasl.oauthbearer.sasl.server.callback.handler.class': CALLBACK,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': false,
    'super.users': 'User:ANONYMOUS',
  };
}

/** Gives each client the token of its name; nobody signs it, and the broker of a test takes it so. */
async function tokenEndpoint({ certFile, keyFile }: DevelopmentCertificates): Promise<Server> {
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    void text(request).then((body) => {
      const asked = new URLSearchParams(body);
      const isClient = asked.get('client_id') === asked.get('client_secret') && asked.get('scope') === 'kafka';
      if (!isClient) return response.writeHead(401).end();
      const now = Math.floor(Date.now() / 1_000);
      const parts = [{ alg: 'none' }, { sub: asked.get('client_id'), iat: now, exp: now + TOKEN_SECONDS }];
      const token = `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
      return response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
