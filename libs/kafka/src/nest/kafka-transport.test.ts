import type { ConsumeOptions, KafkaClient, OutgoingRecord, ReceivedRecord, RecordSender } from '../port/kafka-client.js';
import { KafkaTransport } from './kafka-transport.js';

const RECORD: ReceivedRecord = {
  topic: 'calls.commands',
  partition: 0,
  offset: 7n,
  timestampMs: 0,
  key: Buffer.from('a'),
  value: Buffer.from('not JSON'),
  headers: {},
};

it('sends dead letters through a sender of its own, which it closes after the consumers', async () => {
  let health = { ok: true, reason: '' };
  const ends: string[] = [];
  const letters: OutgoingRecord[] = [];
  const consumed: ConsumeOptions[] = [];
  const sender: Partial<RecordSender> = {
    send: (records) => {
      letters.push(...records);
      return Promise.resolve([]);
    },
    condition: () => health,
    close: () => {
      ends.push('sender');
      return Promise.resolve();
    },
  };
  const client: Partial<KafkaClient> = {
    sender: () => Promise.resolve(sender as RecordSender),
    consume: (options) => {
      consumed.push(options);
      const stop = (): Promise<void> => {
        ends.push('consumer');
        return Promise.resolve();
      };
      return Promise.resolve({ assignment: () => [], condition: () => ({ ok: true }), stop });
    },
  };
  const transport = new KafkaTransport({
    client: client as KafkaClient,
    topicPrefix: 'calls.',
    partitions: 12,
    service: 'call-dispatcher-1',
    logger: { debug: noted, info: noted, warn: noted, error: noted },
    onFatal: noted,
    startStep: ({ run }) => run(),
  });
  transport.addHandler('commands', () => Promise.resolve(), true, {
    group: 'dispatcher',
    deadLetterTopic: 'commands.dead-letter',
  });
  await new Promise<unknown>((resolve) => {
    transport.listen(resolve);
  });
  await consumed[0]?.deadLetter?.(RECORD, new Error('no JSON'), { attempt: 1, firstTriedAtMs: 0 });
  expect(letters).toMatchObject([{ topic: 'calls.commands.dead-letter', value: RECORD.value }]);
  expect(transport.condition()).toEqual({ ok: true });
  health = { ok: false, reason: 'the last send failed' };
  expect(transport.condition()).toEqual(health);
  await transport.close();
  expect(ends).toEqual(['consumer', 'sender']);
});

function noted(): void {
  // Of no interest here.
}
