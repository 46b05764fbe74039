import { decodeSnapshot, encodeObservation, type CallEvent, type Observation } from '@callbus/contracts';
import type { ReceivedRecord, SnapshotFollower } from '@callbus/kafka';
import { Registry } from 'prom-client';
import { NewestSnapshots } from './snapshots/newest-snapshots.js';
import type { KeptSnapshot } from './snapshots/kept-snapshot.js';
import { SequencerController } from './sequencer.controller.js';
import { SequencerMetrics } from './sequencer-metrics.js';
import type { SequencerOutput } from './sequencer-output.js';
import { accepted, bodyOf, created, notification } from './testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
const headerOf = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
const unknownKind = notification('odd', bodyOf(graphCallId, {}, { below: '/audioRoutingGroups/1' }));

/** A sequencer whose writes the test sees, in their order; the next of a kind fail as often as the test says. */
function sequencer({ isLost = false } = {}) {
  const writes: string[] = [];
  const traceparents: unknown[] = [];
  const failures = { events: 0, snapshots: 0 };
  const send = (kind: keyof typeof failures, written: readonly string[]): Promise<void> => {
    if ((failures[kind] -= 1) >= 0) return Promise.reject(new Error('Kafka is away'));
    writes.push(...written);
    return Promise.resolve();
  };
  const output = {
    events: (_callId: string, events: readonly CallEvent[]) =>
      send(
        'events',
        events.map(({ type }) => type),
      ),
    unhandled: () => Promise.resolve(void writes.push('dead letter')),
    snapshots: (written: readonly { readonly value: Buffer }[]) => {
      const snapshots = written.map(({ value }) => decodeSnapshot(value));
      traceparents.push(...snapshots.map(({ traceparent }) => traceparent));
      return send(
        'snapshots',
        snapshots.map(({ offset }) => `snapshot of ${String(offset)}`),
      );
    },
  } as unknown as SequencerOutput;
  const newest = new NewestSnapshots(8);
  newest.follow({ get: () => undefined, isLost: () => isLost } as unknown as SnapshotFollower<KeptSnapshot>);
  const controller = new SequencerController(newest, output, new SequencerMetrics(new Registry()));
  const { callId } = accepted();
  const deliver = (
    offset: number,
    what: Observation | Buffer | null,
    isLastOfKey: boolean,
    { traceparent, timestampMs = 0 }: { readonly traceparent?: string; readonly timestampMs?: number } = {},
  ): Promise<void> => {
    const value = what === null || Buffer.isBuffer(what) ? what : encodeObservation(what);
    const record: ReceivedRecord = {
      topic: 'observations',
      partition: 0,
      offset: BigInt(offset),
      timestampMs,
      key: Buffer.from(callId),
      value,
      headers: { traceparent },
    };
    return controller.sequence(record, {
      signal: new AbortController().signal,
      attempt: 1,
      firstTriedAtMs: 0,
      isLastOfKey,
      note: () => undefined,
    });
  };
  return { writes, traceparents, deliver, failures };
}

it('writes of observations that are at hand together one snapshot, after the events and dead letters of all', async () => {
  const { writes, deliver } = sequencer();
  await deliver(1, accepted(), false);
  await deliver(2, created(graphCallId), false);
  await deliver(3, unknownKind, true);
  expect(writes).toEqual(['CallAccepted', 'CallCreated', 'dead letter', 'snapshot of 3']);
});

it('leaves no snapshot out because the last one at hand cannot be read', async () => {
  const { writes, deliver } = sequencer();
  await deliver(1, accepted(), false);
  await expect(deliver(2, null, true)).rejects.toThrow('no value');
  expect(writes).toEqual(['CallAccepted', 'snapshot of 1']);
});

it('writes the snapshot that failed when the observation comes again, and tells nothing twice', async () => {
  const { writes, deliver, failures } = sequencer();
  failures.snapshots = 1;
  await expect(deliver(1, accepted(), true)).rejects.toThrow('Kafka is away');
  await deliver(1, accepted(), true);
  await deliver(1, accepted(), true);
  expect(writes).toEqual(['CallAccepted', 'snapshot of 1']);
});

it('writes no snapshot, and forgets nothing, while the events are not on Kafka', async () => {
  const { writes, deliver, failures } = sequencer();
  failures.events = 1;
  await expect(deliver(1, accepted(), true)).rejects.toThrow('Kafka is away');
  expect(writes).toEqual([]);
  await deliver(1, accepted(), true);
  expect(writes).toEqual(['CallAccepted', 'snapshot of 1']);
});

it('stops at an observation of a newer release, and puts aside one under another call’s key', async () => {
  const { writes, deliver } = sequencer();
  const plain = JSON.parse(String(encodeObservation(accepted()))) as object;
  const written = (change: object): Buffer => Buffer.from(JSON.stringify({ ...plain, ...change }));
  await expect(deliver(1, written({ version: 99 }), true)).rejects.toMatchObject({ name: 'KafkaError', code: 'INVARIANT' });
  const other = written({ callId: '99999999-9999-4999-8999-999999999999' });
  await expect(deliver(1, other, true)).rejects.toMatchObject({ name: 'ContractError', code: 'KEY_MISMATCH' });
  expect(writes).toEqual([]);
});

it('keeps the trace of the dispatcher’s last observation in the snapshot, and never that of a callback', async () => {
  const { traceparents, deliver } = sequencer();
  await deliver(1, notification('first', bodyOf(graphCallId, { state: 'establishing' })), true, { traceparent: headerOf('f') });
  await deliver(2, accepted(), true, { traceparent: headerOf('a') });
  await deliver(3, unknownKind, true, { traceparent: headerOf('f') });
  await deliver(4, created(graphCallId), true, { traceparent: headerOf('b') });
  await deliver(5, accepted(), true);
  await deliver(6, accepted(), true, { traceparent: 'nonsense' });
  const [a, b] = [headerOf('a'), headerOf('b')];
  expect(traceparents).toEqual([undefined, a, a, b, b, b]);
});

it('puts observations of a call with a damaged snapshot aside, and does not number its events from one again', async () => {
  const { writes, deliver } = sequencer({ isLost: true });
  await expect(deliver(1, created(graphCallId), true)).rejects.toMatchObject({ code: 'SNAPSHOT_UNREADABLE' });
  expect(writes).toEqual([]);
});

it('puts an old observation of a call without a history aside when it is replayed, and begins no second history', async () => {
  const { writes, deliver } = sequencer();
  const replayedAfter = (days: number) => ({ timestampMs: Date.parse(accepted().receivedAt) + days * 24 * 60 * 60 * 1000 });
  const refused = { code: 'HISTORY_FORGOTTEN', message: expect.stringContaining('2026-01-01T00:00:00.000Z') as string };
  await expect(deliver(1, created(graphCallId), true, replayedAfter(20))).rejects.toMatchObject(refused);
  expect(writes).toEqual([]);
  await deliver(2, accepted(), true, replayedAfter(6));
  await deliver(3, created(graphCallId), true, replayedAfter(20));
  expect(writes).toEqual(['CallAccepted', 'snapshot of 2', 'CallCreated', 'snapshot of 3']);
});
