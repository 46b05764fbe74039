import { kafkaProperties } from './kafka-properties.js';

const address = { nodeId: 2, brokerPort: 1, controllerPort: 12 };

/** As the broker reads them. */
function propertiesOf(controllerPorts: readonly number[]): Readonly<Record<string, string>> {
  const lines = kafkaProperties('/data', address, controllerPorts).trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

describe('kafkaProperties', () => {
  it('asks for the replicas that the cluster can have, and acknowledges what all but one have', () => {
    const replicas = (ports: readonly number[]): unknown[] => {
      const properties = propertiesOf(ports);
      return [properties['offsets.topic.replication.factor'], properties['min.insync.replicas']];
    };
    expect(replicas([12])).toEqual(['1', '1']);
    expect(replicas([11, 12, 13])).toEqual(['3', '2']);
    expect(replicas([11, 12, 13, 14, 15])).toEqual(['3', '2']);
  });

  it('tells a broker who it is and where all controllers are', () => {
    const properties = propertiesOf([11, 12, 13]);
    expect(properties['node.id']).toBe('2');
    expect(properties['controller.quorum.bootstrap.servers']).toBe('127.0.0.1:11,127.0.0.1:12,127.0.0.1:13');
  });
});
