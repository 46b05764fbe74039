import { endCallCommand, partitionOf } from '@callbus/contracts';
import { KafkaError, type RecordSender } from '@callbus/kafka';
import { Registry } from 'prom-client';
import { CommandLog } from './command-log.js';
import { GatewayMetrics } from '../gateway-metrics.js';

const CALL_ID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const COMMAND = endCallCommand('/test', { callId: CALL_ID, tenantId: 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333' });

function logOver(send: RecordSender['send'], timeoutMs = 5_000): CommandLog {
  const sender = { send } as RecordSender;
  return new CommandLog({
    sender,
    topicPrefix: 'calls.',
    partitions: 12,
    timeoutMs,
    metrics: new GatewayMetrics(new Registry()),
  });
}

describe('the command log', () => {
  it('writes to the partition that the key has in Kafka’s Java client, under the callId', async () => {
    const sent: unknown[] = [];
    const log = logOver((records) => {
      sent.push(...records);
      return Promise.resolve([]);
    });
    await log.append(COMMAND);
    expect(sent).toMatchObject([{ topic: 'calls.commands', partition: partitionOf(CALL_ID, 12), key: CALL_ID }]);
  });

  it.each<[string, CommandLog]>([
    ['does not answer in time', logOver(() => new Promise(() => undefined), 20)],
    ['refuses', logOver(() => Promise.reject(new KafkaError('QUEUE_FULL', 'The queue is full.')))],
  ])('says 503, when to come back and how not to call twice, when Kafka %s', async (_what, log) => {
    await expect(log.append(COMMAND)).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('same Idempotency-Key'),
      options: { headers: { 'retry-after': '2' } },
    });
  });

  it('does not hide an error that is not Kafka’s', async () => {
    const bug = new TypeError('a bug');
    await expect(logOver(() => Promise.reject(bug)).append(COMMAND)).rejects.toBe(bug);
  });
});
