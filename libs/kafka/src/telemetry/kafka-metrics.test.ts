import { Registry } from 'prom-client';
import { ConsumerLag } from '../consume/consumer-lag.js';
import { deadLetterOf } from '../dead-letters/dead-letters.js';
import { UnprocessableRecordError } from '../port/errors.js';
import { KafkaMetrics } from './kafka-metrics.js';
import type { ReceivedRecord } from '../port/kafka-client.js';

let registry: Registry;
let metrics: KafkaMetrics;

beforeEach(() => {
  registry = new Registry();
  metrics = new KafkaMetrics(registry);
});

async function lines(name: string): Promise<string[]> {
  return (await registry.getSingleMetricAsString(name)).split('\n').filter((line) => !line.startsWith('#'));
}

it('counts a dead letter by the topic that it came from and its reason, beside the topic that it was sent to', async () => {
  const record: ReceivedRecord = {
    topic: 'calls.commands',
    partition: 0,
    offset: 1n,
    timestampMs: 0,
    key: null,
    value: null,
    headers: {},
  };
  const place = { topic: 'calls.commands.dead-letter', partitions: 1, service: 'test', stage: 'test' };
  metrics.sent([
    deadLetterOf(record, new UnprocessableRecordError('CONFLICT', 'another body'), { attempt: 1, firstTriedAtMs: 0 }, place),
  ]);
  metrics.sent([{ topic: 'calls.events', partition: 0, key: 'a', value: 'x' }]);
  expect(await lines('callbus_dead_letters_total')).toEqual([
    'callbus_dead_letters_total{topic="calls.commands",reason="CONFLICT"} 1',
  ]);
  expect(await lines('messaging_client_sent_messages_total')).toEqual([
    'messaging_client_sent_messages_total{messaging_destination_name="calls.commands.dead-letter"} 1',
    'messaging_client_sent_messages_total{messaging_destination_name="calls.events"} 1',
  ]);
});

it('tells how far a member of a group is behind when it is asked, and has its crashes from the start', async () => {
  const lag = new ConsumerLag(() => 0);
  metrics.watch('calls.commands', 'calls.call-dispatcher', lag);
  lag.fetched(0, 2n, 5n);
  const labels = 'topic="calls.commands",group="calls.call-dispatcher"';
  expect(await lines('callbus_kafka_consumer_lag_records')).toEqual([`callbus_kafka_consumer_lag_records{${labels}} 3`]);
  lag.done(0, 5n);
  expect(await lines('callbus_kafka_consumer_lag_records')).toEqual([`callbus_kafka_consumer_lag_records{${labels}} 0`]);
  expect(await lines('callbus_kafka_consumer_crashes_total')).toEqual([
    'callbus_kafka_consumer_crashes_total{group="calls.call-dispatcher",restart="true"} 0',
    'callbus_kafka_consumer_crashes_total{group="calls.call-dispatcher",restart="false"} 0',
  ]);
});
