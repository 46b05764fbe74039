import { plainGraphId } from '@callbus/graph';
import type { SnapshotFollower } from '@callbus/kafka';
import { stateOf } from './call-resource.js';
import type { KnownCall } from './known-call.js';
import { SortedIds } from './sorted-ids.js';

/** Which of a tenant's calls are asked for. */
export interface CallsInTenant {
  /** In lower case; null among them stands for no state, in place of them for all. */
  readonly states: ReadonlySet<string | null> | null;
  /** The id after which they begin. */
  readonly after: string;
  readonly count: number;
}

/** Under what a call is found. */
interface Place {
  readonly tenantId: string;
  readonly state: string | null;
  readonly graphId: string | null;
}

/** Every call that there is a snapshot of, by our id, by Graph's, and by tenant and state in the order of our ids. */
export class KnownCalls {
  private readonly callIdOfGraphId = new Map<string, string>();
  private readonly idsOfTenant = new Map<string, Map<string | null, SortedIds>>();
  private readonly places = new Map<string, Place>();

  constructor(private readonly snapshots: SnapshotFollower<KnownCall>) {
    snapshots.onSnapshot((callId) => {
      const known = snapshots.get(callId);
      if (known !== undefined) this.put(known);
    });
    snapshots.onForgotten((callId) => {
      const place = this.places.get(callId);
      if (place !== undefined) this.remove(callId, place);
    });
    for (const call of snapshots.values()) this.put(call);
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

  /** The first of them in the order of their ids. Calls in other states cost nothing, however many there are. */
  inTenant(tenantId: string, { states, after, count }: CallsInTenant): KnownCall[] {
    return [...(this.idsOfTenant.get(tenantId) ?? [])]
      .filter(([state]) => states === null || states.has(state))
      .flatMap(([, ids]) => ids.after(after, count))
      .toSorted()
      .slice(0, count)
      .map((callId) => this.get(callId))
      .filter((call) => call !== undefined);
  }

  private put({ callId, call }: KnownCall): void {
    const place = placeOf(call);
    const before = this.places.get(callId);
    if (before !== undefined) {
      if (before.state === place.state && before.graphId === place.graphId) return;
      this.remove(callId, before);
    }
    this.places.set(callId, place);
    this.idsIn(place).add(callId);
    if (place.graphId !== null) this.callIdOfGraphId.set(place.graphId, callId);
  }

  private remove(callId: string, place: Place): void {
    this.places.delete(callId);
    this.removeId(callId, place);
    if (place.graphId !== null) this.callIdOfGraphId.delete(place.graphId);
  }

  private removeId(callId: string, place: Place): void {
    const ids = this.idsIn(place);
    ids.delete(callId);
    if (ids.size > 0) return;
    // Producers may name tenants that do not exist.
    const byState = this.idsOfTenant.get(place.tenantId);
    byState?.delete(place.state);
    if (byState?.size === 0) this.idsOfTenant.delete(place.tenantId);
  }

  private idsIn({ tenantId, state }: Place): SortedIds {
    const byState = this.idsOfTenant.get(tenantId) ?? new Map<string | null, SortedIds>();
    this.idsOfTenant.set(tenantId, byState);
    const ids = byState.get(state) ?? new SortedIds();
    byState.set(state, ids);
    return ids;
  }
}

/** A call stays in its tenant. */
function placeOf(call: KnownCall['call']): Place {
  return {
    tenantId: call.tenantId,
    state: stateOf(call)?.toLowerCase() ?? null,
    graphId: call.graphCallId === null ? null : plainGraphId(call.graphCallId),
  };
}
