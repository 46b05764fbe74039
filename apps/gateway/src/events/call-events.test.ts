import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createLogger } from '@callbus/chassis';
import { decodeSnapshot } from '@callbus/contracts';
import type { KafkaClient, TopicFollower } from '@callbus/kafka';
import { CallEvents } from './call-events.js';
import type { EventReader } from './event-reader.js';
import { knownCallOf } from '../calls/known-call.js';

const SNAPSHOT = decodeSnapshot(
  readFileSync(new URL('../../../../libs/contracts/fixtures/snapshots/snapshot.json', import.meta.url)),
);
const CALL = knownCallOf(SNAPSHOT);
const callerOf = (appId: string): Parameters<CallEvents['open']>[0] => ({ appId, tenantId: randomUUID(), roles: [] });
const [ONE, OTHER, THIRD] = [callerOf('1'), callerOf('2'), callerOf('3')];

/** Histories whose Kafka consumers close only when a test says so. */
function slowHistories({ maxReaders = 100, maxReadersPerCaller = 100 }) {
  const stops: PromiseWithResolvers<undefined>[] = [];
  const follow = (): Promise<TopicFollower> => {
    const stopped = Promise.withResolvers<undefined>();
    stops.push(stopped);
    return Promise.resolve({ caughtUp: () => Promise.resolve(), stop: () => stopped.promise } as unknown as TopicFollower);
  };
  const events = new CallEvents({
    client: { follow } as unknown as KafkaClient,
    topicPrefix: 'calls.',
    partitions: 12,
    maxReaders,
    maxReadersPerCaller,
    logger: createLogger('gateway', 'silent', () => undefined),
  });
  const open = (caller = ONE): EventReader => events.open(caller, CALL, 0, true);
  return { events, open, stops };
}

const settled = (): Promise<void> => new Promise(setImmediate);

describe('a history whose Kafka consumer is still closing', () => {
  it('counts for its caller until it is closed', async () => {
    const { events, open, stops } = slowHistories({ maxReadersPerCaller: 1 });
    const closed = events.close(open());
    await settled();
    expect(() => open()).toThrow(expect.objectContaining({ status: 429 }) as Error);
    stops[0]?.resolve(undefined);
    await closed;
    expect(() => open()).not.toThrow();
  });

  it('counts for the process until it is closed', async () => {
    const { events, open, stops } = slowHistories({ maxReaders: 1 });
    const closed = events.close(open());
    await settled();
    expect(() => open(OTHER)).toThrow(expect.objectContaining({ status: 503 }) as Error);
    stops[0]?.resolve(undefined);
    await closed;
    expect(() => open(OTHER)).not.toThrow();
  });

  it('gives its place only once it is closed, and to one newcomer', async () => {
    const { open, stops } = slowHistories({ maxReaders: 3 });
    const readers = [open(), open(), open()];
    await settled();
    open(OTHER);
    expect(readers.map(({ hasEnded }) => hasEnded)).toEqual([true, false, false]);
    // One and Other would take the place from each other in turn.
    expect(() => open(THIRD)).not.toThrow();
    expect(() => open(THIRD)).toThrow(expect.objectContaining({ status: 503 }) as Error);
    expect(readers.map(({ hasEnded }) => hasEnded)).toEqual([true, true, false]);
    await settled();
    expect(stops).toHaveLength(3);
    stops[0]?.resolve(undefined);
    await settled();
    expect(stops).toHaveLength(4);
  });
});
