import {
  ContractError,
  decodeObservation,
  encodeSnapshot,
  FOLD_VERSION,
  GROUPS,
  TOPICS,
  type Observation,
} from '@callbus/contracts';
import { KafkaError, traceparentOf, type ReceivedRecord, type RecordContext } from '@callbus/kafka';
import { OnRecord } from '@callbus/kafka/nest';
import { Controller } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { foldCall } from './fold/fold-call.js';
import { NewestSnapshots } from './snapshots/newest-snapshots.js';
import { SequencerMetrics } from './sequencer-metrics.js';
import { SequencerOutput } from './sequencer-output.js';

/**
 * Turns observations into numbered events. Per call: first the events, then the snapshot, then the commit. Of observations
 * that are at hand together only the last one needs a snapshot.
 */
@Controller()
export class SequencerController {
  constructor(
    private readonly newest: NewestSnapshots,
    private readonly output: SequencerOutput,
    private readonly metrics: SequencerMetrics,
  ) {}

  @OnRecord(TOPICS.observations.name, { group: GROUPS.sequencer.name, deadLetterTopic: TOPICS.observationsDeadLetter.name })
  async sequence(record: ReceivedRecord, context: RecordContext): Promise<void> {
    try {
      await this.fold(record, context);
    } finally {
      // Also when nobody can read this one: those before it have left their snapshot to it.
      if (context.isLastOfKey) await this.writeSnapshot(String(record.key));
    }
  }

  private async fold(record: ReceivedRecord, { attempt, firstTriedAtMs, note }: RecordContext): Promise<void> {
    const observation = read(record);
    const { callId, tenantId, kind } = observation;
    note({ callId, tenantId, kind });
    trace.getActiveSpan()?.setAttribute('callbus.call_id', callId);
    // With a fresh history it would use the same sequence numbers a second time.
    if (this.newest.isLost(callId)) throw new ContractError('SNAPSHOT_UNREADABLE', `The snapshot of ${callId} is damaged.`);
    if (this.newest.isForgotten(observation, record.timestampMs))
      throw new ContractError(
        'HISTORY_FORGOTTEN',
        `It was observed at ${observation.receivedAt}, and ${callId} has no snapshot.`,
      );
    const offset = Number(record.offset);
    const before = this.newest.get(callId);
    if (before !== undefined && before.offset >= offset) return;
    const { history, events, unhandled } = foldCall(before, observation);
    const { sequence, call } = history;
    await this.output.events(callId, events);
    this.metrics.told(events);
    if (call.unreadCallbackId === observation.id) this.metrics.hasUnread();
    note({ events: events.map(({ type }) => type), unhandled: unhandled.length });
    if (unhandled.length > 0) await this.output.unhandled(record, unhandled, { attempt, firstTriedAtMs });
    const traceparent = traceOf(record, observation) ?? before?.traceparent;
    this.newest.put({
      callId,
      sequence,
      call,
      offset,
      foldVersion: FOLD_VERSION,
      ...(traceparent !== undefined && { traceparent }),
    });
  }

  private async writeSnapshot(callId: string): Promise<void> {
    const snapshot = this.newest.unwritten(callId);
    if (snapshot === undefined) return;
    const value = encodeSnapshot(snapshot);
    await this.output.snapshots([{ callId, value }]);
    this.newest.onWritten(snapshot, value);
  }
}

/** Of the call: a callback's own began with a request of Graph's. */
function traceOf(record: ReceivedRecord, { kind }: Observation): string | undefined {
  return kind === 'notification' ? undefined : traceparentOf(record);
}

/** @throws KafkaError INVARIANT for one of a newer release: this one stops rather than guesses; ContractError for bad ones */
function read({ key, value }: ReceivedRecord): Observation {
  try {
    const observation = decodeObservation(value);
    if (key?.toString() === observation.callId) return observation;
  } catch (error) {
    if (!(error instanceof ContractError) || error.code !== 'UNKNOWN_VERSION') throw error;
    throw new KafkaError('INVARIANT', `An observation was written by a newer release. ${error.message}`, { cause: error });
  }
  throw new ContractError('KEY_MISMATCH', 'The key differs from callId.');
}
