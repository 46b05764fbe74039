import { plainGraphId } from '@callbus/graph';
import type { SnapshotFollower } from '@callbus/kafka';
import type { KnownCall } from './known-call.js';
import { SortedIds } from './sorted-ids.js';

/** Every call that there is a snapshot of, by our id, by Graph's, and by tenant in the order of our ids. */
export class KnownCalls {
  private readonly callIdOfGraphId = new Map<string, string>();
  private readonly idsOfTenant = new Map<string, SortedIds>();
  private readonly indexed = new Set<string>();

  constructor(private readonly snapshots: SnapshotFollower<KnownCall>) {
    snapshots.onSnapshot((callId) => {
      this.index(snapshots.get(callId));
    });
    for (const call of snapshots.values()) this.index(call);
  }

  get(callId: string): KnownCall | undefined {
    return this.snapshots.get(callId);
  }

  ofGraphId(graphCallId: string): KnownCall | undefined {
    const callId = this.callIdOfGraphId.get(plainGraphId(graphCallId));
    return callId === undefined ? undefined : this.get(callId);
  }

  /** The call as soon as it is awaited, else as it is after `timeoutMs`. */
  waitFor(callId: string, timeoutMs: number, isAwaited?: (call: KnownCall) => boolean): Promise<KnownCall | undefined> {
    return this.snapshots.waitFor(callId, timeoutMs, isAwaited);
  }

  endWaits(): void {
    this.snapshots.endWaits();
  }

  /** A tenant's calls in the order of their ids, from after an id on. */
  *inTenant(tenantId: string, afterId: string): Generator<KnownCall> {
    for (const callId of this.idsOfTenant.get(tenantId)?.after(afterId) ?? []) {
      const call = this.get(callId);
      if (call !== undefined) yield call;
    }
  }

  private index(known: KnownCall | undefined): void {
    if (known === undefined) return;
    const { callId, call } = known;
    if (call.graphCallId !== null) this.callIdOfGraphId.set(plainGraphId(call.graphCallId), callId);
    if (this.indexed.has(callId)) return;
    this.indexed.add(callId);
    const ids = this.idsOfTenant.get(call.tenantId) ?? new SortedIds();
    this.idsOfTenant.set(call.tenantId, ids);
    ids.add(callId);
  }
}
