import { ACCESS, partitionsOf, TOPICS, topicName } from '@callbus/contracts';
import { containerOf, environmentOf, ofKind, services, type KubernetesObject } from '../objects.js';
import { forEach, type Rule } from '../rule.js';

interface KafkaTopic extends KubernetesObject {
  readonly spec: { readonly partitions: number; readonly replicas: number; readonly config: Readonly<Record<string, string>> };
}

interface KafkaUser extends KubernetesObject {
  readonly spec: {
    readonly authentication: { readonly type: string };
    readonly authorization: {
      readonly acls: readonly {
        readonly resource: { readonly type: string; readonly name: string };
        readonly operations: readonly string[];
      }[];
    };
  };
}

const CONTAINER = 'spec template spec containers 0';
const DISPATCHER = 'Deployment/call-dispatcher';
/** Nobody makes or changes anything at run time, or may do all. */
const OPERATIONS = ['Read', 'Write', 'Describe', 'DescribeConfigs'];

const topics = (objects: readonly KubernetesObject[]) => ofKind<KafkaTopic>(objects, 'KafkaTopic');
const users = (objects: readonly KubernetesObject[]) => ofKind<KafkaUser>(objects, 'KafkaUser');
const hasSasl = (objects: readonly KubernetesObject[]) =>
  services(objects).filter((deployment) => 'KAFKA_SASL_MECHANISM' in environmentOf(deployment));

export const KAFKA_RULES: readonly Rule[] = [
  {
    name: 'all topics are made, or none, with the partitions that the services are told, and no acknowledged record lost with a broker',
    faults: (objects) => {
      const names = topics(objects).map(({ metadata }) => metadata.name);
      const expected = Object.values(TOPICS).map((topic) => topicName('calls.', topic));
      const missing = names.length === 0 ? [] : expected.filter((name) => !names.includes(name));
      return missing
        .map((name) => `KafkaTopic/${name} is missing`)
        .concat(
          forEach(topics, ({ metadata, spec: { partitions, replicas, config } }) => {
            const [service] = services(objects);
            const told = service && environmentOf(service)['KAFKA_PARTITIONS'];
            const topic = Object.values(TOPICS).find((one) => metadata.name === topicName('calls.', one));
            const wanted = topic && String(partitionsOf(topic, Number(told)));
            return [
              metadata.labels?.['strimzi.io/cluster'] === undefined && 'belongs to no cluster',
              String(partitions) !== wanted && `has ${partitions} partitions, and not ${wanted}`,
              (replicas !== 3 || config['min.insync.replicas'] !== '2') && 'may lose what was acknowledged',
              config['unclean.leader.election.enable'] !== 'false' && 'may lose its end to an unclean election',
            ];
          })(objects),
        );
    },
    broken: [
      ['KafkaTopic/calls.events'],
      ['KafkaTopic/calls.events', 'spec partitions', 24],
      ['KafkaTopic/calls.dispatch-ledger', 'spec partitions', 12],
      ['KafkaTopic/calls.events', 'spec replicas', 1],
      ['KafkaTopic/calls.events', 'spec config min.insync.replicas'],
      ['KafkaTopic/calls.events', 'spec config unclean.leader.election.enable', 'true'],
      ['KafkaTopic/calls.events', 'metadata labels'],
    ],
  },
  {
    name: 'a user has a password, and rights on what is ours alone',
    faults: forEach(users, ({ metadata, spec: { authentication, authorization } }) => [
      !(metadata.name in ACCESS) && 'is no principal of ours',
      authentication.type !== 'scram-sha-512' && `proves itself by ${authentication.type}`,
      ...authorization.acls.flatMap(({ resource, operations }) => [
        !['topic', 'group'].includes(resource.type) && `has rights on a ${resource.type}`,
        !resource.name.startsWith('calls.') && `has rights on ${resource.name}`,
        !operations.every((operation) => OPERATIONS.includes(operation)) && `may ${operations.join(', ')}`,
      ]),
    ]),
    broken: [
      ['KafkaUser/gateway', 'metadata name', 'admin'],
      ['KafkaUser/gateway', 'spec authentication type', 'tls'],
      ['KafkaUser/gateway', 'spec authorization acls 0 operations', ['All']],
      ['KafkaUser/gateway', 'spec authorization acls 0 resource name', '*'],
      ['KafkaUser/gateway', 'spec authorization acls 0 resource type', 'cluster'],
    ],
  },
  {
    name: 'each service is a user of its own, over TLS, with the password of the Secret that Strimzi writes',
    faults: forEach(hasSasl, (deployment, objects) => {
      const { name } = deployment.metadata;
      const { KAFKA_SASL_USERNAME: user, KAFKA_SASL_MECHANISM: mechanism, KAFKA_SSL_ENABLED: tls } = environmentOf(deployment);
      const password = containerOf(deployment).env?.find((one) => one.name === 'KAFKA_SASL_PASSWORD')?.valueFrom?.secretKeyRef;
      const made = users(objects).map(({ metadata }) => metadata.name);
      return [
        user !== name && `is the user ${user}`,
        made.length > 0 && !made.includes(name) && 'is a user who is not there',
        (password?.name !== name || password.key !== 'password' || password.optional === true) && 'has another’s password',
        mechanism !== 'scram-sha-512' && `proves itself by ${mechanism}`,
        tls !== 'true' && 'sends its password in the clear',
      ];
    }),
    broken: [
      [DISPATCHER, `${CONTAINER} env [KAFKA_SASL_USERNAME] value`, 'callbus'],
      [DISPATCHER, `${CONTAINER} env [KAFKA_SASL_PASSWORD] valueFrom secretKeyRef name`, 'gateway'],
      [DISPATCHER, `${CONTAINER} env [KAFKA_SASL_MECHANISM] value`, 'plain'],
      [DISPATCHER, `${CONTAINER} env [KAFKA_SSL_ENABLED]`],
      ['KafkaUser/call-dispatcher'],
    ],
  },
];
