import { partitionOf } from '@callbus/contracts';
import { deadLetterOf, readDeadLetter, type DeadLetter } from './dead-letters.js';
import type { ReceivedRecord } from '../port/kafka-client.js';
import { firstAppendedAtMs, replayedFrom, replayOf } from './replays.js';

const record: ReceivedRecord = {
  topic: 'calls.commands',
  partition: 3,
  offset: 42n,
  timestampMs: 1_700_000_000_000,
  key: Buffer.from('key'),
  value: Buffer.from([0, 255, 1]),
  headers: { text: 'x', bytes: Buffer.from([254]), twice: ['a', 'b'], nothing: null },
};

function putAside(one: ReceivedRecord, offset: bigint): DeadLetter {
  const options = { topic: 'calls.commands.dead-letter', partitions: 12, service: 'call-dispatcher-1', stage: 'commands' };
  const {
    topic,
    partition,
    key,
    value,
    headers = {},
  } = deadLetterOf(one, new Error('?'), { attempt: 1, firstTriedAtMs: 0 }, options);
  const letter = {
    topic,
    partition,
    offset,
    timestampMs: one.timestampMs + 1,
    key: key as Buffer,
    value: value as Buffer,
    headers,
  };
  return readDeadLetter(letter) as DeadLetter;
}

describe('replayOf', () => {
  it('is the record itself, in its own topic, with the time that it was first there', () => {
    const { topic, partition, key, value, headers } = replayOf(putAside(record, 7n), 12);
    expect({ topic, partition, key, value }).toEqual({
      topic: 'calls.commands',
      partition: partitionOf('key', 12),
      key: record.key,
      value: record.value,
    });
    expect(headers).toEqual({
      ...record.headers,
      'replay-first-appended': '1700000000000',
      'replay-of': `calls.commands.dead-letter/${String(partition)}/7`,
    });
  });

  it('goes back where it was without a key', () => {
    expect(replayOf(putAside({ ...record, key: null }, 7n), 12)).toMatchObject({ partition: 3, key: null });
  });

  it('counts from the first time also when a replay was put aside and is replayed', () => {
    const { headers = {} } = replayOf(putAside(record, 7n), 12);
    const again = replayOf(putAside({ ...record, timestampMs: record.timestampMs + 60_000, headers }, 8n), 12);
    expect(again.headers).toMatchObject({ ...record.headers, 'replay-first-appended': '1700000000000' });
    expect(replayedFrom({ headers: again.headers ?? {} })).toMatch(/\/8$/);
  });
});

describe('firstAppendedAtMs', () => {
  const at = (header: ReceivedRecord['headers'][string]): number =>
    firstAppendedAtMs({ timestampMs: 1_000, headers: { 'replay-first-appended': header } });

  it('is the broker’s time of a record that is no replay', () => {
    expect(firstAppendedAtMs(record)).toBe(record.timestampMs);
  });

  it('is the earlier time that a replay names, never a later one', () => {
    expect(at(Buffer.from('400'))).toBe(400);
    expect(at(Buffer.from('4000'))).toBe(1_000);
  });

  it.each([null, '', 'soon', '-5', '1e9', '400.5', ' 400', ['400', '5']])('takes no notice of %j', (header) => {
    expect(at(header)).toBe(1_000);
  });
});
