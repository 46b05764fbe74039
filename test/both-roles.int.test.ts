import { randomBytes, randomUUID } from 'node:crypto';
import { CallbackPaths, partitionOf } from '@callbus/contracts';
import { createKafkaClient } from '@callbus/kafka';
import { freePort } from '../apps/local-stack/src/services/ports.js';
import { CallbackKeys } from './support/callback-keys.js';
import { newTopicPrefix } from './support/receiver-process.js';
import { until } from './support/stack-for-tests.js';
import { StartingService } from './support/starting-service.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const nothing = (): void => undefined;
/** The least that can be set. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

/** Goes to Kafka compressed, as a few kilobytes. */
async function writeUnreadable(topic: string, key: string): Promise<void> {
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const client = createKafkaClient({ brokers, clientId: 'test', logger });
  const sender = await client.sender();
  await sender.send([{ topic, partition: partitionOf(key, 3), key, value: Buffer.alloc(MAX_BATCH_BYTES + 1024 * 1024) }]);
  await sender.close();
  await client.close();
}

it('a process with both roles takes callbacks, and names the place, while its sequencer waits at what nobody can read', async () => {
  const keys = await CallbackKeys.start();
  const topicPrefix = await newTopicPrefix(brokers);
  await writeUnreadable(`${topicPrefix}snapshots`, randomUUID());
  const macKey = randomBytes(32).toString('base64url');
  const port = await freePort();
  const environment = {
    NODE_EXTRA_CA_CERTS: keys.files.caFile,
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC_PREFIX: topicPrefix,
    KAFKA_PARTITIONS: '3',
    KAFKA_MAX_BATCH_BYTES: String(MAX_BATCH_BYTES),
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(port),
    CALLBACK_MAC_KEYS: macKey,
    CALLBACK_ISSUERS: 'https://graph.microsoft.com',
    CALLBACK_OPENID_URL: keys.url('/openid'),
  };
  const service = await StartingService.launch('both roles', { app: 'notification-ingest', environment }, {});
  try {
    const place = new RegExp(`${topicPrefix}snapshots/. offset 0`);
    await until('it names the place', async () => {
      const told = await fetch(`${service.managementUrl}/readyz`).then((response) => response.text(), String);
      return place.test(told);
    });
    const [appId, tenantId, callId] = [randomUUID(), randomUUID(), randomUUID()];
    const path = new CallbackPaths([macKey]).pathFor({ appId, tenantId, callId, attempt: 1 });
    const authorization = `Bearer ${await keys.token(appId, tenantId)}`;
    const headers = { 'content-type': 'application/json', authorization };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: '{"value":[]}' });
    expect(answer.status).toBe(202);
    expect(await service.lacks('/readyz')).toMatch(/^started: [^;]*$/);
  } finally {
    await service.end();
    await keys.stop();
  }
}, 60_000);
