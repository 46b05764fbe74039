import { encodeCloudEvent, formatSequence } from '@callbus/contracts';
import type { ReceivedRecord, TopicFollower } from '@callbus/kafka';
import { EventReader } from './event-reader.js';
import { eventStream } from './event-stream.js';

const CALL_ID = 'b4a53e9e-4a0c-4c6c-9d52-7a3b0f4f7a11';
const LONG_MS = 60_000;

function record(sequence: number, { callId = CALL_ID, size = 0 } = {}): ReceivedRecord {
  const event = { specversion: '1.0', id: `${sequence}`, source: '/x', type: 'CallStateChanged' } as const;
  const { value, headers } = encodeCloudEvent({ ...event, sequence: formatSequence(sequence), data: { text: 'x'.repeat(size) } });
  return { topic: 't', partition: 0, offset: 0n, timestampMs: 0, key: Buffer.from(callId), value, headers };
}

/** A reader and the follower that it was given. */
function reader({ after = 0, until = Infinity }: { after?: number; until?: number } = {}) {
  const ends: string[] = [];
  const caughtUp = Promise.withResolvers<undefined>();
  const follower = {
    caughtUp: () => caughtUp.promise,
    progress: () => ({ read: 0, of: 0 }),
    stop: () => {
      ends.push('stopped');
      return Promise.resolve();
    },
  } as unknown as TopicFollower;
  return { reader: new EventReader({ callId: CALL_ID, after, until }), follower, caughtUp, ends };
}

async function drain(from: EventReader): Promise<number[]> {
  const found: number[] = [];
  for (let next = await from.next(1); next !== null && next !== undefined; next = await from.next(1)) found.push(next.sequence);
  return found;
}

describe('a reader of events', () => {
  it('gives a call’s own events, in order, each once, from after the one that is known', async () => {
    const { reader: events } = reader({ after: 1 });
    for (const sequence of [1, 2, 3, 2, 3, 4]) events.take(record(sequence));
    events.take(record(5, { callId: 'another' }));
    expect(await drain(events)).toEqual([2, 3, 4]);
    expect(await events.next(1)).toBeUndefined();
  });

  it('ends with the last that is asked for', async () => {
    const { reader: events } = reader({ until: 2 });
    for (const sequence of [1, 2, 3]) events.take(record(sequence));
    expect(await drain(events)).toEqual([1, 2]);
    expect(await events.next(LONG_MS)).toBeNull();
  });

  it('ends where the topic does, unless it is live', async () => {
    const past = reader();
    const following = past.reader.follow(Promise.resolve(past.follower), false);
    past.reader.take(record(1));
    past.caughtUp.resolve(undefined);
    await following;
    expect([await drain(past.reader), await past.reader.next(LONG_MS)]).toEqual([[1], null]);

    const live = reader();
    await live.reader.follow(Promise.resolve(live.follower), true);
    const next = live.reader.next(LONG_MS);
    live.reader.take(record(1));
    expect(await next).toMatchObject({ sequence: 1 });
  });

  it('holds only so much in hand, and gives that', async () => {
    const { reader: events } = reader();
    const size = 7 * 1024 * 1024;
    for (const sequence of [1, 2, 3, 4]) events.take(record(sequence, { size }));
    expect([await drain(events), await events.next(LONG_MS)]).toEqual([[1, 2, 3], null]);
  });

  it.each<[string, (events: EventReader) => Promise<void>]>([
    ['cannot be opened', (events) => events.follow(Promise.reject(new Error('no broker')), true)],
    [
      'is lost',
      (events) => {
        events.fail(new Error('no broker'));
        return Promise.resolve();
      },
    ],
  ])('gives what it had and then fails, when Kafka %s', async (_what, fail) => {
    const { reader: events } = reader();
    events.take(record(1));
    await fail(events);
    expect(await events.next(1)).toMatchObject({ sequence: 1 });
    await expect(events.next(1)).rejects.toThrow('no broker');
    await events.close();
  });

  it('stops reading Kafka when it is closed, even if that was not open yet', async () => {
    const { reader: events, follower, ends } = reader();
    const opening = Promise.withResolvers<TopicFollower>();
    void events.follow(opening.promise, true);
    const next = events.next(LONG_MS);
    const closed = Promise.all([events.close(), events.close()]);
    expect(await next).toBeNull();
    opening.resolve(follower);
    await closed;
    expect(ends).toEqual(['stopped']);
  });
});

describe('a live history', () => {
  it('shows in silence that it is still there, and ends when its life does', async () => {
    const { reader: events } = reader();
    const frames: string[] = [];
    for await (const frame of eventStream(events, { heartbeatMs: 10, lifeMs: 100 })) frames.push(frame);
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.every((frame) => frame.startsWith(': ') && frame.endsWith('\n\n'))).toBe(true);
  });
});
