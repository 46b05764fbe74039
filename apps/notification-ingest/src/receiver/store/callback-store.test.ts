import { decodeObservation, partitionOf, type NotificationObservation } from '@callbus/contracts';
import { KafkaError, type KafkaErrorCode, type OutgoingRecord, type RecordSender, type SentRecord } from '@callbus/kafka';
import { CallbackStore } from './callback-store.js';

const notification: NotificationObservation = {
  kind: 'notification',
  id: '00000000-0000-4000-8000-000000000001',
  callId: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  tenantId: 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333',
  appId: '00001111-aaaa-4222-bbbb-3333cccc4444',
  attempt: 1,
  receivedAt: '2026-01-01T00:00:00.000Z',
  body: '{ "value": [] }',
  headers: {},
  claims: {},
};

function storeOn(send: (records: readonly OutgoingRecord[]) => Promise<readonly SentRecord[]>): CallbackStore {
  const sender: RecordSender = { send, condition: () => ({ ok: true }), close: () => Promise.resolve() };
  return new CallbackStore({ sender, topicPrefix: 'calls.', partitions: 12, timeoutMs: 20 });
}

it('puts the callback on its call’s partition and waits until it is there', async () => {
  const sent: OutgoingRecord[] = [];
  const { promise, resolve } = Promise.withResolvers<readonly SentRecord[]>();
  let isStored = false;
  const stored = storeOn((records) => {
    sent.push(...records);
    return promise;
  })
    .store(notification)
    .then(() => {
      isStored = true;
    });
  await Promise.resolve();
  expect(isStored).toBe(false);
  resolve([]);
  await stored;
  const { callId } = notification;
  expect(sent).toMatchObject([{ topic: 'calls.observations', key: callId, partition: partitionOf(callId, 12) }]);
  expect(decodeObservation(sent[0]?.value as Buffer)).toMatchObject(notification);
});

it.each<[KafkaErrorCode, string]>([
  ['SEND_FAILED', 'NOT_STORED'],
  ['SENDER_CLOSED', 'NOT_STORED'],
  ['QUEUE_FULL', 'OVERLOADED'],
  ['RECORD_REFUSED', 'LARGE_BODY'],
])('takes %s for %s', async (kafka, code) => {
  const store = storeOn(() => Promise.reject(new KafkaError(kafka, 'no')));
  await expect(store.store(notification)).rejects.toMatchObject({ code });
});

it('does not wait for ever', async () => {
  const { promise } = Promise.withResolvers<never>();
  await expect(storeOn(() => promise).store(notification)).rejects.toMatchObject({ code: 'NOT_STORED' });
});

it('does not take a slip for a failure of Kafka', async () => {
  await expect(storeOn(() => Promise.reject(new TypeError('a slip'))).store(notification)).rejects.toThrow(TypeError);
});
