import { readCallId } from '@callbus/contracts';
import { noSuchCall, type ApiError } from '../http/api-error.js';
import type { CallerRights } from '../callers/caller-rights.js';
import type { Caller } from '../callers/caller-tokens.js';
import type { KnownCall } from './known-call.js';
import type { KnownCalls } from './known-calls.js';
import type { ListQuery } from './list-query.js';

/** One request makes no more commands than this. */
const MAX_TENANTS_OF_UNKNOWN = 10;

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
    const found = await this.find(caller, id);
    if (found === undefined) throw mayComeToBeKnown();
    return found;
  }

  /**
   * The call, which is waited for a while if it is not known. Another's is waited for as well: an answer does not tell by its time
   * whether there is such a call.
   * @param id ours or Graph's
   * @returns undefined when it is not known then either: it may be accepted all the same
   * @throws ApiError 404 when the id is none, or the call another's
   */
  async find(caller: Caller, id: string): Promise<KnownCall | undefined> {
    const isOwn = ({ call }: KnownCall): boolean => this.rights.mayActIn(caller, call.tenantId);
    const ofGraph = this.known.ofGraphId(id);
    if (ofGraph !== undefined && isOwn(ofGraph)) return ofGraph;
    const found = (await this.known.waitFor(ownIdOf(id), this.waitForCallMs, isOwn)) ?? ofGraph;
    if (found !== undefined && !isOwn(found)) throw mayComeToBeKnown();
    return found;
  }

  /**
   * Where a call may be that was accepted and is not known yet: in a tenant that the caller may act in.
   * @throws ApiError 404 when there is none, or these are too many to ask in each
   */
  tenantsOfUnknown(caller: Caller): readonly string[] {
    const tenants = this.rights.tenantsOf(caller);
    if (tenants.length === 0 || tenants.length > MAX_TENANTS_OF_UNKNOWN) throw mayComeToBeKnown();
    return tenants;
  }

  page(caller: Caller, { top, after, states }: ListQuery): CallPage {
    const found = this.rights
      .tenantsOf(caller)
      .flatMap((tenantId) => this.known.inTenant(tenantId, { states, after, count: top + 1 }))
      .toSorted((a, b) => (a.callId < b.callId ? -1 : 1));
    const calls = found.slice(0, top);
    return { calls, next: found.length > top ? (calls.at(-1)?.callId ?? null) : null };
  }
}

/** @throws ApiError 404 */
export function ownIdOf(id: string): string {
  const callId = readCallId(id);
  if (callId === null) throw noSuchCall();
  return callId;
}

/** A call that was accepted may still come to be known. */
function mayComeToBeKnown(): ApiError {
  return noSuchCall({ 'retry-after': '1' });
}
