export interface BrokerAddress {
  /** From 1. */
  readonly nodeId: number;
  /** Loopback ports of the two listeners. */
  readonly brokerPort: number;
  readonly controllerPort: number;
  /** What clients are told to connect to, when that is not the listener itself (a proxy of a test). */
  readonly advertisedPort?: number;
  /** Listeners for clients that reach the broker through something else, such as a proxy that breaks. */
  readonly further?: readonly FurtherListener[];
}

export interface FurtherListener {
  readonly port: number;
  /** What its clients are told to connect to. */
  readonly advertisedPort: number;
}

export type BrokerProperties = Readonly<Record<string, string | number | boolean>>;

/** Of production; a cluster of fewer brokers has as many replicas as it can. */
export const MOST_REPLICAS = 3;

/**
 * The properties of one broker of a development stack; each is a controller too (KRaft). Nothing is created by accident,
 * groups form at once, and with three brokers every topic has three replicas, two of which must have what is acknowledged.
 * @param controllerPorts of all brokers of the cluster
 * @param others in addition, or in their place
 */
export function kafkaProperties(
  dataFolder: string,
  address: BrokerAddress,
  controllerPorts: readonly number[],
  others: BrokerProperties = {},
): string {
  const { nodeId, brokerPort, controllerPort, advertisedPort = brokerPort, further = [] } = address;
  const replicas = Math.min(MOST_REPLICAS, controllerPorts.length);
  const inSync = Math.max(1, replicas - 1);
  const listed = (line: (listener: FurtherListener, name: string) => string): string =>
    further.map((listener, index) => `,${line(listener, `FURTHER${index + 1}`)}`).join('');
  const properties: BrokerProperties = {
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    listeners: `BROKER://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}${listed(({ port }, name) => `${name}://127.0.0.1:${port}`)}`,
    'advertised.listeners': `BROKER://127.0.0.1:${advertisedPort}${listed((listener, name) => `${name}://127.0.0.1:${listener.advertisedPort}`)}`,
    'listener.security.protocol.map': `BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT${listed((_listener, name) => `${name}:PLAINTEXT`)}`,
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': controllerPorts.map((port) => `127.0.0.1:${port}`).join(','),
    'log.dirs': dataFolder,
    // After kill -9 the broker may register again once its former session is over: by default nine seconds.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 1_000,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // Tests of failing processes do not wait for the usual six seconds.
    'group.min.session.timeout.ms': 1_000,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    ...others,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
