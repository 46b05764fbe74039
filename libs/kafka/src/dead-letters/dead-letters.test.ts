import { ContractError, partitionOf } from '@callbus/contracts';
import { deadLetterOf, readDeadLetter } from './dead-letters.js';
import type { ReceivedRecord } from '../port/kafka-client.js';

const options = { topic: 'calls.commands.dead-letter', partitions: 12, service: 'call-dispatcher-1', stage: 'commands' };
const record: ReceivedRecord = {
  topic: 'calls.commands',
  partition: 3,
  offset: 42n,
  timestampMs: 1_700_000_000_000,
  key: Buffer.from('key'),
  value: Buffer.from([0, 255, 1]),
  headers: { text: 'x', bytes: Buffer.from([254]), twice: ['a', 'b'], nothing: null },
};

it('keeps bytes, key and headers, and says why and whence', () => {
  const letter = deadLetterOf(
    record,
    new ContractError('CONFLICT', 'Known.'),
    { attempt: 2, firstTriedAtMs: 1_700_000_001_000 },
    options,
  );
  expect(letter).toMatchObject({ topic: options.topic, partition: partitionOf('key', 12), key: record.key, value: record.value });
  expect(letter.headers).toMatchObject({
    text: 'x',
    bytes: Buffer.from([254]),
    twice: ['a', 'b'],
    nothing: null,
    'dead-letter-reason': 'CONFLICT',
    'dead-letter-message': expect.stringContaining('Known.') as string,
    'dead-letter-stage': 'commands',
    'dead-letter-topic': 'calls.commands',
    'dead-letter-partition': '3',
    'dead-letter-offset': '42',
    'dead-letter-timestamp': '1700000000000',
    'dead-letter-attempts': '2',
    'dead-letter-first-seen': '2023-11-14T22:13:21.000Z',
  });
});

it('puts a record without key or value aside too', () => {
  const letter = deadLetterOf(
    { ...record, key: null, value: null, headers: {} },
    'text',
    { attempt: 1, firstTriedAtMs: 0 },
    options,
  );
  expect(letter).toMatchObject({ partition: 0, key: null, value: null, headers: { 'dead-letter-reason': 'UNEXPECTED' } });
});

it('cuts a message that would be too long for a header', () => {
  const letter = deadLetterOf(record, new Error('x'.repeat(10_000)), { attempt: 1, firstTriedAtMs: 0 }, options);
  expect(letter.headers?.['dead-letter-message']).toHaveLength(2_000);
});

describe('a dead letter that is read', () => {
  const asLetter = (changes: Partial<ReceivedRecord> = {}): ReceivedRecord => {
    const { key, value, headers } = deadLetterOf(
      record,
      new ContractError('CONFLICT', 'Known.'),
      { attempt: 2, firstTriedAtMs: 1_700_000_001_000 },
      options,
    );
    const aside = { topic: options.topic, partition: 5, offset: 7n, timestampMs: 1_700_000_002_000 };
    return { ...aside, key: key as Buffer, value: value as Buffer, headers: headers ?? {}, ...changes };
  };

  it('is the record as it was, where it was, and why it is aside', () => {
    expect(readDeadLetter(asLetter())).toMatchObject({
      topic: options.topic,
      partition: 5,
      offset: 7n,
      putAsideAtMs: 1_700_000_002_000,
      reason: 'CONFLICT',
      stage: 'commands',
      attempts: 2,
      firstSeen: '2023-11-14T22:13:21.000Z',
    });
    expect(readDeadLetter(asLetter())?.original).toEqual(record);
  });

  it('is none without the place that it came from', () => {
    expect(readDeadLetter(asLetter({ headers: {} }))).toBeNull();
    expect(readDeadLetter(asLetter({ headers: { ...asLetter().headers, 'dead-letter-partition': 'first' } }))).toBeNull();
  });
});
