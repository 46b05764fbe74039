import type { Dispatch, LedgerCommand } from '@callbus/contracts';

/** Of one app registration in one tenant; Graph counts so. */
export interface QuotaLimits {
  /** Calls at once: being dialled, or created and not ended. */
  readonly maxLiveCalls: number;
  /** Attempts to dial in one month, UTC. */
  readonly maxCallsPerMonth: number;
}

type Owner = Pick<LedgerCommand, 'appId' | 'tenantId'>;

interface Usage {
  readonly live: Set<string>;
  /** `2026-11` → attempts. */
  readonly attemptsByMonth: Map<string, number>;
}

/**
 * What of Graph's limits is used up, per app and tenant. Counted from the ledger and the histories alone, so it is the
 * same after a restart; processes that dial at the same moment may pass a limit by what they have in hand.
 */
export class Quotas {
  private readonly usages = new Map<string, Usage>();

  constructor(
    private readonly limits: QuotaLimits,
    private readonly hasEnded: (dispatch: Dispatch) => boolean,
  ) {}

  /** Counts a call with all of its attempts; for the calls that are in the ledger at the start. */
  restore(dispatch: Dispatch): void {
    for (const { intendedAtMs } of dispatch.attempts) this.countAttempt(dispatch, intendedAtMs);
    this.update(dispatch);
  }

  /** Counts an attempt that took effect now. */
  intended(dispatch: Dispatch): void {
    const attempt = dispatch.attempts.at(-1);
    if (attempt !== undefined) this.countAttempt(dispatch, attempt.intendedAtMs);
  }

  /** Says anew whether the call is live; to be called whenever the ledger or its history changed. */
  update(dispatch: Dispatch): void {
    const { callId, command, phase } = dispatch;
    if (command === null) return;
    if (phase === 'open' || (phase === 'created' && !this.hasEnded(dispatch))) this.usageOf(command).live.add(callId);
    else this.forget(dispatch);
  }

  /** The call is not live; to be called for one that the ledger forgot too. */
  forget({ callId, command }: Dispatch): void {
    // Of an owner that never dialled, nothing is kept: producers may name tenants that there are not.
    if (command !== null) this.usages.get(ownerKey(command))?.live.delete(callId);
  }

  /** Counts the call as live before its Intent is in the ledger. */
  reserve(callId: string, owner: Owner): void {
    this.usageOf(owner).live.add(callId);
  }

  /** Takes a reservation back, and counts the call as the ledger has it. */
  giveBack(callId: string, owner: Owner, dispatch: Dispatch | undefined): void {
    this.usageOf(owner).live.delete(callId);
    if (dispatch !== undefined) this.update(dispatch);
  }

  /** @returns which limit keeps the owner from another call; null when none does */
  obstacle(owner: Owner, nowMs: number): string | null {
    const { live, attemptsByMonth } = this.usageOf(owner);
    const { maxLiveCalls, maxCallsPerMonth } = this.limits;
    if (live.size >= maxLiveCalls) {
      return `the limit of ${String(maxLiveCalls)} live calls of the app in the tenant is reached (GRAPH_MAX_LIVE_CALLS)`;
    }
    if ((attemptsByMonth.get(monthOf(nowMs)) ?? 0) >= maxCallsPerMonth) {
      return `the limit of ${String(maxCallsPerMonth)} calls a month of the app in the tenant is reached (GRAPH_MAX_CALLS_PER_MONTH)`;
    }
    return null;
  }

  /** What is left for the app and tenant with the least; all of it when nobody has called. */
  left(nowMs: number): { readonly liveCalls: number; readonly callsPerMonth: number } {
    const { maxLiveCalls, maxCallsPerMonth } = this.limits;
    const usages = [...this.usages.values()];
    const live = usages.map(({ live }) => live.size);
    const attempts = usages.map(({ attemptsByMonth }) => attemptsByMonth.get(monthOf(nowMs)) ?? 0);
    return {
      liveCalls: Math.max(0, maxLiveCalls - Math.max(0, ...live)),
      callsPerMonth: Math.max(0, maxCallsPerMonth - Math.max(0, ...attempts)),
    };
  }

  private countAttempt({ command }: Dispatch, intendedAtMs: number): void {
    if (command === null) return;
    const { attemptsByMonth } = this.usageOf(command);
    const month = monthOf(intendedAtMs);
    attemptsByMonth.set(month, (attemptsByMonth.get(month) ?? 0) + 1);
  }

  private usageOf(owner: Owner): Usage {
    const key = ownerKey(owner);
    const known = this.usages.get(key);
    if (known !== undefined) return known;
    const usage = { live: new Set<string>(), attemptsByMonth: new Map<string, number>() };
    this.usages.set(key, usage);
    return usage;
  }
}

export function ownerKey({ appId, tenantId }: Owner): string {
  return `${appId}/${tenantId}`.toLowerCase();
}

function monthOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 7) : '';
}
