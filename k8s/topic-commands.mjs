// For a Kafka without Strimzi: the commands that create the topics, for a shell on a broker.
//   node k8s/topic-commands.mjs --brokers localhost:9092 --replicas 1 | kubectl -n kafka exec -i <pod of a broker> -- sh
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';

const { brokers, replicas, tool } = parseArgs({
  options: {
    brokers: { type: 'string', default: 'localhost:9092' },
    replicas: { type: 'string', default: '3' },
    tool: { type: 'string', default: '/opt/kafka/bin/kafka-topics.sh' },
  },
}).values;
const file = new URL('components/strimzi/topics.yaml', import.meta.url);
/** With one copy there is no second one to wait for. */
const isDurable = Number(replicas) > 1;

for (const { metadata, spec } of parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS())) {
  const config = Object.entries(spec.config)
    .filter(([name]) => isDurable || name !== 'min.insync.replicas')
    .map(([name, value]) => `--config ${name}=${value}`);
  const shape = `--topic ${metadata.name} --partitions ${spec.partitions} --replication-factor ${replicas}`;
  console.log(`${tool} --bootstrap-server ${brokers} --create --if-not-exists ${shape} ${config.join(' ')}`);
}
