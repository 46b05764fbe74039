import { endCallCommand, endRequestsOf, refusedEndOfSurplus, type SurplusCall } from '@callbus/contracts';
import { UsageError } from '../errors.js';
import { COMMAND_SOURCE, type Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import type { CallFacts } from './call-facts.js';
import { FollowedCall } from './followed-call.js';
import { NOT_TAKEN, reportOn } from './sent-command.js';
import { situationOf } from './situation.js';

export interface EndCallOptions {
  readonly callId: string;
  /** Of a call that is not known yet. */
  readonly tenantId?: string;
  readonly invocation: string;
}

/** Hangs a call up, or cancels it, and waits for what comes of it. */
export async function endCall(
  installation: Installation,
  { callId, tenantId: given, invocation }: EndCallOptions,
): Promise<Report> {
  const { waitMs } = installation.settings;
  const call = await FollowedCall.open(installation, callId);
  try {
    const { facts } = call;
    const { kind } = situationOf(facts);
    const lives = kind === 'live' || surplusOf(facts).length > 0;
    if (!lives && (kind === 'ended' || kind === 'failed')) {
      return reportOn(facts, { said: ['There is nothing to end.'], isWell: true, invocation });
    }
    const tenantId = facts.dispatch?.command?.tenantId ?? facts.snapshot?.call.tenantId ?? given;
    if (tenantId === undefined) {
      throw new UsageError(`Nothing is known of call ${callId}. To cancel it before it comes, name its tenant: --tenant.`);
    }
    const before = endRequestsIn(facts);
    const isRepeat = lives && before > 0;
    await installation.command(endCallCommand(COMMAND_SOURCE, { callId, tenantId }));
    // Each request hangs up a live call once; for any other call the first request does everything.
    const isTaken = await call.until(
      () => (isRepeat ? endRequestsIn(facts) > before : isEndRequestedBy(facts, tenantId)),
      waitMs,
    );
    if (!isTaken) return reportOn(facts, { said: [NOT_TAKEN], isWell: false, invocation });
    const isDone = await call.until(() => hasCome(facts), waitMs);
    return reportOn(facts, { said: ['The end is asked for.'], isWell: isDone && !isRefused(facts), invocation });
  } finally {
    await call.close();
  }
}

function isEndRequestedBy({ dispatch }: CallFacts, tenantId: string): boolean {
  return dispatch?.endRequestedBy.includes(tenantId.toLowerCase()) ?? false;
}

function endRequestsIn({ dispatch }: CallFacts): number {
  return dispatch === undefined ? 0 : endRequestsOf(dispatch);
}

/** True when there is nothing left to wait for: the call neither dials nor lives, or Graph has refused this request. */
function hasCome(facts: CallFacts): boolean {
  const situation = situationOf(facts);
  const isOpen = ['waiting', 'dialling'].includes(situation.kind) || (situation.kind === 'live' && !situation.isEndRefused);
  return !isOpen && surplusOf(facts).every((one) => isEndOfSurplusRefused(one, facts));
}

function isRefused(facts: CallFacts): boolean {
  const situation = situationOf(facts);
  return (
    (situation.kind === 'live' && situation.isEndRefused) || surplusOf(facts).some((one) => isEndOfSurplusRefused(one, facts))
  );
}

/** Surplus calls that, as far as is known, still live. */
function surplusOf({ snapshot }: CallFacts): SurplusCall[] {
  return (snapshot?.call.surplus ?? []).filter(({ end }) => end === undefined || end === 'refused');
}

function isEndOfSurplusRefused(surplus: SurplusCall, facts: CallFacts): boolean {
  return (refusedEndOfSurplus(surplus) ?? -1) >= endRequestsIn(facts);
}
