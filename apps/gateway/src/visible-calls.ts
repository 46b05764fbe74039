import { isCallId } from '@callbus/contracts';
import { noSuchCall } from './api-error.js';
import { stateOf } from './call-resource.js';
import type { CallerRights } from './caller-rights.js';
import type { Caller } from './caller-tokens.js';
import type { KnownCall } from './known-call.js';
import type { KnownCalls } from './known-calls.js';
import type { ListQuery } from './list-query.js';

export interface CallPage {
  readonly calls: readonly KnownCall[];
  /** After which the next page begins; null on the last. */
  readonly next: string | null;
}

/** The calls of a caller's tenants. All others do not exist for it. */
export class VisibleCalls {
  constructor(
    private readonly known: KnownCalls,
    private readonly rights: CallerRights,
    /** How long a call that was only just accepted is waited for. */
    private readonly waitForCallMs: number,
  ) {}

  /** @param id ours or Graph's. @throws ApiError 404 */
  async read(caller: Caller, id: string): Promise<KnownCall> {
    const found = this.find(caller, id) ?? (await this.await(id));
    // A call that was accepted may still come to be known.
    if (found === undefined) throw noSuchCall({ 'retry-after': '1' });
    return this.own(caller, found);
  }

  /** What is known of the call at once. @throws ApiError 404 when the id is none, or the call another's */
  find(caller: Caller, id: string): KnownCall | undefined {
    const callId = id.toLowerCase();
    const found = this.known.get(callId) ?? this.known.ofGraphId(id);
    if (found === undefined && !isCallId(callId)) throw noSuchCall();
    return found === undefined ? undefined : this.own(caller, found);
  }

  page(caller: Caller, { top, after, states }: ListQuery): CallPage {
    const found = this.rights
      .tenantsOf(caller)
      .flatMap((tenantId) => firstIn(states, this.known.inTenant(tenantId, after), top + 1))
      .toSorted((a, b) => (a.callId < b.callId ? -1 : 1));
    const calls = found.slice(0, top);
    return { calls, next: found.length > top ? (calls.at(-1)?.callId ?? null) : null };
  }

  private await(id: string): Promise<KnownCall | undefined> {
    return this.known.waitFor(id.toLowerCase(), this.waitForCallMs);
  }

  private own(caller: Caller, found: KnownCall): KnownCall {
    if (!this.rights.mayActIn(caller, found.call.tenantId)) throw noSuchCall();
    return found;
  }
}

function firstIn(states: ListQuery['states'], calls: Iterable<KnownCall>, count: number): KnownCall[] {
  const found: KnownCall[] = [];
  for (const known of calls) {
    if (states?.has(stateOf(known.call)?.toLowerCase() ?? null) === false) continue;
    found.push(known);
    if (found.length === count) break;
  }
  return found;
}
