import { endCallCommand } from '@callbus/contracts';
import type { Installation } from '../installation.js';
import { UsageError, type Report } from '../report.js';
import type { CallFacts } from './call-facts.js';
import { FollowedCall } from './followed-call.js';
import { reportOn } from './report-on.js';
import { COMMAND_SOURCE, NOT_TAKEN } from './sent-command.js';
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
    if (kind === 'ended' || kind === 'failed') {
      return reportOn(facts, { said: ['There is nothing to end.'], isWell: true, invocation });
    }
    const tenantId = facts.dispatch?.command?.tenantId ?? facts.snapshot?.call.tenantId ?? given;
    if (tenantId === undefined) {
      throw new UsageError(`Nothing is known of call ${callId}. To cancel it before it comes, name its tenant: --tenant.`);
    }
    await installation.command(endCallCommand(COMMAND_SOURCE, { callId, tenantId }));
    const isTaken = await call.until(() => isEndRequestedBy(facts, tenantId), waitMs);
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

/** What is not dialled and does not live needs no further doing. */
function hasCome(facts: CallFacts): boolean {
  return !['waiting', 'dialling', 'live'].includes(situationOf(facts).kind) || isRefused(facts);
}

function isRefused(facts: CallFacts): boolean {
  const situation = situationOf(facts);
  return situation.kind === 'live' && situation.isEndRefused;
}
