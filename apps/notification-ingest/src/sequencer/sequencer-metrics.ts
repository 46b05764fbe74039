import { addCounter, addGauge } from '@callbus/chassis';
import { MESSAGES, type CallEvent, type EventType } from '@callbus/contracts';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { LiveCalls } from './snapshots/live-calls.js';

const EVENT_TYPES = Object.keys(MESSAGES.events.types) as EventType[];

/** What the sequencer counts. */
export class SequencerMetrics {
  readonly snapshotsRestoreSeconds: Gauge;
  private readonly event: (type: EventType) => void;
  private readonly late: Counter;
  private readonly surplus: Counter;
  private readonly unread: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.event = addCounter(
      registry,
      'callbus_events_total',
      'Events that were written to the histories of calls',
      'type',
      EVENT_TYPES,
    );
    this.late = new Counter({
      name: 'callbus_fold_late_total',
      help: 'Events of what came late: out of its order, or after the end',
      registers,
    });
    this.surplus = new Counter({
      name: 'callbus_surplus_calls_total',
      help: 'Calls of Graph’s beside the one that is the call: a phone may have rung twice',
      registers,
    });
    this.unread = new Counter({
      name: 'callbus_callbacks_unread_total',
      help: 'Callbacks of live calls with an empty or unreadable body; the dispatcher asks Graph for the call',
      registers,
    });
    this.snapshotsRestoreSeconds = new Gauge({
      name: 'callbus_snapshots_restore_seconds',
      help: 'Time that reading the snapshots took when this process got its last assignment',
      registers,
    });
  }

  hasUnread(): void {
    this.unread.inc();
  }

  told(events: readonly CallEvent[]): void {
    for (const { type, data } of events) {
      this.event(type);
      if ('late' in data && data.late) this.late.inc();
      if (type === 'DuplicateCallDetected') this.surplus.inc();
    }
  }
}

export function watchLiveCalls(registry: Registry, calls: Pick<LiveCalls, 'count' | 'silent'>): void {
  addGauge(registry, 'callbus_calls_live', 'Calls of this process that were created and have not ended', () => calls.count());
  const silent = 'Those of them that nothing was heard of for longer than CALL_SILENT_AFTER_MS';
  addGauge(registry, 'callbus_calls_silent', silent, () => calls.silent(Date.now()));
}
