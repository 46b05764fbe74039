export interface BrokerAddress {
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

/**
 * The properties of the one broker of a development stack, which is its own controller (KRaft).
 * Nothing is created by accident, groups form at once, and every internal topic has one replica.
 */
export function kafkaProperties(dataFolder: string, address: BrokerAddress): string {
  const { brokerPort, controllerPort, advertisedPort = brokerPort, further = [] } = address;
  const listed = (line: (listener: FurtherListener, name: string) => string): string =>
    further.map((listener, index) => `,${line(listener, `FURTHER${index + 1}`)}`).join('');
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `BROKER://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}${listed(({ port }, name) => `${name}://127.0.0.1:${port}`)}`,
    'advertised.listeners': `BROKER://127.0.0.1:${advertisedPort}${listed((listener, name) => `${name}://127.0.0.1:${listener.advertisedPort}`)}`,
    'listener.security.protocol.map': `BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT${listed((_listener, name) => `${name}:PLAINTEXT`)}`,
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'log.dirs': dataFolder,
    // After kill -9 the broker may register again once its former session is over: by default nine seconds.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 1_000,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // Tests of failing processes do not wait for the usual six seconds.
    'group.min.session.timeout.ms': 1_000,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
