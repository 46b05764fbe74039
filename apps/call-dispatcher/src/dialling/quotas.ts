import type { AttemptState, Dispatch, LedgerCommand } from '@callbus/contracts';

/** Of one app registration in one tenant; Graph counts so. */
export interface QuotaLimits {
  /** Calls at once: being dialled, or created and not ended. */
  readonly maxLiveCalls: number;
  /** Creates in one month, UTC, that Graph took or may have taken. */
  readonly maxCallsPerMonth: number;
}

export type Owner = Pick<LedgerCommand, 'appId' | 'tenantId'>;

interface Usage {
  /** Calls with an open attempt, of any process. */
  readonly dialling: Set<string>;
  /** Calls that were created and have not ended. */
  readonly live: Set<string>;
  /** Calls that this process is about to dial; their Intent may not be in the ledger yet. */
  readonly reserved: Set<string>;
  /** `2026-11` → attempts that count. */
  readonly attemptsByMonth: Map<string, number>;
}

const NO_USAGE: Usage = { dialling: new Set(), live: new Set(), reserved: new Set(), attemptsByMonth: new Map() };
/** Graph took the create, may have taken it, or may still take it; an attempt that closes otherwise gives its count back. */
const COUNTED: ReadonlySet<AttemptState> = new Set(['open', 'created', 'unknown']);

/**
 * The used part of Graph's limits, per app and tenant. Apart from reservations it is counted from the ledger and the histories
 * only, so it is the same after a restart. Processes that dial at the same moment may together exceed a limit by their reservations.
 */
export class Quotas {
  private readonly usages = new Map<string, Usage>();

  constructor(
    private readonly limits: QuotaLimits,
    private readonly hasEnded: (dispatch: Dispatch) => boolean,
  ) {}

  /** The caller calls it for every call in the ledger at the start, then after each change of a call. */
  changed(before: Dispatch | undefined, dispatch: Dispatch): void {
    if (before !== undefined) this.countAttempts(before, -1);
    this.countAttempts(dispatch, 1);
    this.update(dispatch);
  }

  /** Recomputes whether the call is live; the caller calls it when the call's history has changed. */
  update(dispatch: Dispatch): void {
    const { callId, command, phase } = dispatch;
    if (command === null) return;
    this.change(command, ({ dialling, live }) => {
      setMember(dialling, callId, phase === 'open');
      setMember(live, callId, phase === 'created' && !this.hasEnded(dispatch));
    });
  }

  /**
   * Updates every live call. The caller runs this periodically: a call without a snapshot counts as over after a while, and no
   * record announces that.
   * @param dispatchOf the call as the ledger has it
   */
  updateLive(dispatchOf: (callId: string) => Dispatch | undefined): void {
    for (const callId of [...this.usages.values()].flatMap(({ live }) => [...live])) {
      const dispatch = dispatchOf(callId);
      if (dispatch !== undefined) this.update(dispatch);
    }
  }

  /** Forgets a call that the ledger forgot. */
  forget({ callId, command }: Dispatch): void {
    if (command === null) return;
    this.change(command, ({ dialling, live }) => {
      dialling.delete(callId);
      live.delete(callId);
    });
  }

  /** Counts the call as being dialled, also before its Intent is in the ledger, until `giveBack`. */
  reserve(callId: string, owner: Owner): void {
    this.change(owner, ({ reserved }) => reserved.add(callId));
  }

  /** From now on the call counts as the ledger has it. */
  giveBack(callId: string, owner: Owner): void {
    this.change(owner, ({ reserved }) => reserved.delete(callId));
  }

  /** @returns which limit keeps the owner from another call; null when none does */
  obstacle(owner: Owner, nowMs: number): string | null {
    const usage = this.usageOf(owner);
    const { maxLiveCalls, maxCallsPerMonth } = this.limits;
    if (liveCalls(usage) >= maxLiveCalls) {
      return `the limit of ${String(maxLiveCalls)} live calls of the app in the tenant is reached (GRAPH_MAX_LIVE_CALLS)`;
    }
    if (attemptsOf(usage, nowMs) + countOutside(usage.reserved, usage.dialling) >= maxCallsPerMonth) {
      return `the limit of ${String(maxCallsPerMonth)} calls a month of the app in the tenant is reached (GRAPH_MAX_CALLS_PER_MONTH)`;
    }
    return null;
  }

  /** How many calls of the owner are being dialled, by this process or another. */
  dialling(owner: Owner): number {
    const { dialling, reserved } = this.usageOf(owner);
    return dialling.size + countOutside(reserved, dialling);
  }

  /** What is left for the app and tenant with the least; all of it when nobody has called. */
  left(nowMs: number): { readonly liveCalls: number; readonly callsPerMonth: number } {
    const { maxLiveCalls, maxCallsPerMonth } = this.limits;
    const usages = [...this.usages.values()];
    return {
      liveCalls: Math.max(0, maxLiveCalls - Math.max(0, ...usages.map(liveCalls))),
      callsPerMonth: Math.max(0, maxCallsPerMonth - Math.max(0, ...usages.map((usage) => attemptsOf(usage, nowMs)))),
    };
  }

  private countAttempts({ command, attempts }: Dispatch, sign: 1 | -1): void {
    if (command === null) return;
    this.change(command, ({ attemptsByMonth }) => {
      for (const { state, intendedAtMs } of attempts) {
        if (!COUNTED.has(state)) continue;
        const month = monthOf(intendedAtMs);
        const count = (attemptsByMonth.get(month) ?? 0) + sign;
        if (count === 0) attemptsByMonth.delete(month);
        else attemptsByMonth.set(month, count);
      }
    });
  }

  private usageOf(owner: Owner): Usage {
    return this.usages.get(ownerKey(owner)) ?? NO_USAGE;
  }

  /** Changes the owner's usage, and removes an owner who then uses nothing, to save memory. */
  private change(owner: Owner, work: (usage: Usage) => void): void {
    const key = ownerKey(owner);
    const known = this.usages.get(key);
    const usage = known ?? { dialling: new Set(), live: new Set(), reserved: new Set(), attemptsByMonth: new Map() };
    work(usage);
    if (liveCalls(usage) === 0 && usage.attemptsByMonth.size === 0) this.usages.delete(key);
    else if (known === undefined) this.usages.set(key, usage);
  }
}

function setMember(set: Set<string>, member: string, isIn: boolean): void {
  if (isIn) set.add(member);
  else set.delete(member);
}

function liveCalls({ dialling, live, reserved }: Usage): number {
  return dialling.size + live.size + countOutside(reserved, dialling, live);
}

/** Number of members that none of the other sets has. */
function countOutside(set: ReadonlySet<string>, ...others: readonly ReadonlySet<string>[]): number {
  let count = 0;
  for (const member of set) if (!others.some((other) => other.has(member))) count += 1;
  return count;
}

function attemptsOf({ attemptsByMonth }: Usage, nowMs: number): number {
  return attemptsByMonth.get(monthOf(nowMs)) ?? 0;
}

export function ownerKey({ appId, tenantId }: Owner): string {
  return `${appId}/${tenantId}`.toLowerCase();
}

function monthOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 7) : '';
}
