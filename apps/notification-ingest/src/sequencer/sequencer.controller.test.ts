import { decodeSnapshot, encodeObservation, type CallEvent, type Observation } from '@callbus/contracts';
import type { ReceivedRecord } from '@callbus/kafka';
import { Registry } from 'prom-client';
import { Histories } from './histories.js';
import { SequencerController } from './sequencer.controller.js';
import { SequencerMetrics } from './sequencer-metrics.js';
import type { SequencerOutput } from './sequencer-output.js';
import { accepted, bodyOf, created, notification } from './testing/histories.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
const unknownKind = notification('odd', bodyOf(graphCallId, {}, { below: '/audioRoutingGroups/1' }));

/** A sequencer whose writes the test sees, in their order; the next snapshots fail as often as the test says. */
function sequencer() {
  const writes: string[] = [];
  let failures = 0;
  const output = {
    events: (_callId: string, events: readonly CallEvent[]) => {
      writes.push(...events.map(({ type }) => type));
      return Promise.resolve();
    },
    unhandled: () => Promise.resolve(void writes.push('dead letter')),
    snapshots: (snapshots: readonly { readonly value: Buffer }[]) => {
      if ((failures -= 1) >= 0) return Promise.reject(new Error('Kafka is away'));
      writes.push(...snapshots.map(({ value }) => `snapshot of ${String(decodeSnapshot(value).offset)}`));
      return Promise.resolve();
    },
  } as unknown as SequencerOutput;
  const controller = new SequencerController(new Histories(), output, new SequencerMetrics(new Registry()));
  const { callId } = accepted();
  const deliver = (offset: number, what: Observation | null, isLastOfKey: boolean): Promise<void> => {
    const value = what === null ? null : encodeObservation(what);
    const record: ReceivedRecord = {
      topic: 'observations',
      partition: 0,
      offset: BigInt(offset),
      timestampMs: 0,
      key: Buffer.from(callId),
      value,
      headers: {},
    };
    return controller.sequence(record, { signal: new AbortController().signal, attempt: 1, isLastOfKey });
  };
  const failSnapshots = (count: number): void => {
    failures = count;
  };
  return { writes, deliver, failSnapshots };
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
  const { writes, deliver, failSnapshots } = sequencer();
  failSnapshots(1);
  await expect(deliver(1, accepted(), true)).rejects.toThrow('Kafka is away');
  await deliver(1, accepted(), true);
  await deliver(1, accepted(), true);
  expect(writes).toEqual(['CallAccepted', 'snapshot of 1']);
});
