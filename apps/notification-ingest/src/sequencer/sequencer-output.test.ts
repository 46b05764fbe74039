import type { CallEvent } from '@callbus/contracts';
import type { OutgoingRecord } from '@callbus/kafka';
import { SequencerOutput } from './sequencer-output.js';
import { accepted, bodyOf, created, foldAll, notification } from './testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
const callId = '11111111-1111-4111-8111-111111111111';
const MIB = 1024 * 1024;

/** An output whose sends the test sees; a send fails from the given one on. */
function output(failsFrom = Infinity) {
  const sends: (readonly OutgoingRecord[])[] = [];
  const sender = {
    send: (records: readonly OutgoingRecord[]) => {
      if (records.length > 0) sends.push(records);
      return sends.length >= failsFrom ? Promise.reject(new Error('Kafka is away')) : Promise.resolve([]);
    },
    condition: () => ({ ok: true as const }),
    close: () => Promise.resolve(),
  };
  return { sends, output: new SequencerOutput({ sender, topicPrefix: 'calls.', partitions: 12, service: 'test' }) };
}

/** Events of one body, each with the whole roster of about so many bytes. */
function eventsOf(count: number, bytes: number): readonly CallEvent[] {
  const value = Array.from({ length: count }, (_one, index) => ({
    resourceUrl: `calls/${graphCallId}/participants`,
    resourceData: [{ id: String(index), metadata: 'x'.repeat(bytes) }],
  }));
  return foldAll([accepted(), created(graphCallId), notification('n', { value })]).events;
}

describe('the events of one observation', () => {
  it('go out together, in their order', async () => {
    const { sends, output: to } = output();
    await to.events(
      callId,
      foldAll([accepted(), created(graphCallId), notification('n', bodyOf(graphCallId, { state: 'hold' }))]).events,
    );
    expect(sends.map((records) => records.map(({ headers }) => headers?.['ce_sequence']))).toEqual([
      ['0000000001', '0000000002', '0000000003'],
    ]);
  });

  it('go out in several sends when they are too large for one, which the topic would refuse whole', async () => {
    const { sends, output: to } = output();
    await to.events(callId, eventsOf(5, 1.5 * MIB));
    expect(sends.map(({ length }) => length)).toEqual([4, 2, 1]);
    for (const records of sends) expect(records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)).toBeLessThan(8 * MIB);
  });

  it('stop at a send that fails', async () => {
    const { sends, output: to } = output(2);
    await expect(to.events(callId, eventsOf(5, 1.5 * MIB))).rejects.toThrow('Kafka is away');
    expect(sends).toHaveLength(2);
  });

  it('may be none', async () => {
    const { sends, output: to } = output();
    await to.events(callId, []);
    expect(sends).toEqual([]);
  });
});

it('says in the dead letter of what nobody could handle when its observation was first tried', async () => {
  const { sends, output: to } = output();
  const place = { topic: 'calls.observations', partition: 0, offset: 7n, timestampMs: 0 };
  const record = { ...place, key: Buffer.from(callId), value: null, headers: {} };
  await to.unhandled(record, ['nobody knows it'], { attempt: 2, firstTriedAtMs: 1_700_000_000_000 });
  expect(sends[0]?.[0]?.headers).toMatchObject({
    'dead-letter-attempts': '2',
    'dead-letter-first-seen': '2023-11-14T22:13:20.000Z',
  });
});

it('deletes any number of snapshots, in sends that a broker takes', async () => {
  const { sends, output: to } = output();
  await to.tombstones(Array.from({ length: 100_000 }, () => callId));
  expect(sends.reduce((sum, { length }) => sum + length, 0)).toBe(100_000);
  expect(Math.max(...sends.map(({ length }) => length))).toBeLessThan(30_000);
});
