import { releaseCallCommand } from '@callbus/contracts';
import { COMMAND_SOURCE, type Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import type { CallFacts } from './call-facts.js';
import { FollowedCall } from './followed-call.js';
import { isUnderWay, NOT_TAKEN, reportOn } from './sent-command.js';
import { situationOf } from './situation.js';

export interface ReleaseCallOptions {
  readonly callId: string;
  readonly reason: string;
  readonly operator: string;
  readonly invocation: string;
}

/** Allows one more dial after the attempt that is parked, and waits for what comes of it. */
export async function releaseCall(installation: Installation, options: ReleaseCallOptions): Promise<Report> {
  const { callId, reason, operator, invocation } = options;
  const { waitMs } = installation.settings;
  const call = await FollowedCall.open(installation, callId);
  try {
    const { facts } = call;
    const situation = situationOf(facts);
    if (situation.kind !== 'parked' || !situation.isReleasable) {
      const said = ['Nothing was released: only a call that is parked can be, and only while its end is not asked for.'];
      return reportOn(facts, { said, isWell: false, invocation });
    }
    const { attempt, tenantId } = situation;
    const before = releasesIn(facts).length;
    await installation.command(releaseCallCommand(COMMAND_SOURCE, { callId, tenantId, attempt, reason, operator }));
    await call.until(() => releasesIn(facts).length > before, waitMs);
    const release = releasesIn(facts)[before];
    if (release === undefined) return reportOn(facts, { said: [NOT_TAKEN], isWell: false, invocation });
    await call.until(() => !isUnderWay(facts), waitMs);
    const said = [
      `Attempt ${attempt} was released by ${release.operator ?? release.by}: ${release.reason ?? 'no reason given'}.`,
    ];
    return reportOn(facts, { said, isWell: ['live', 'ended'].includes(situationOf(facts).kind), invocation });
  } finally {
    await call.close();
  }
}

/** Those that took effect. */
function releasesIn({ ledger }: CallFacts) {
  return ledger.flatMap(({ record, transition }) => (record.type === 'Released' && transition !== null ? [record] : []));
}
