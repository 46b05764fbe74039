import { createCallCommand, requestHash, type CreateCallData } from '@callbus/contracts';
import { COMMAND_SOURCE, type Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import type { CallFacts } from './call-facts.js';
import type { PlacedCall } from './call-to-place.js';
import { FollowedCall } from './followed-call.js';
import { isUnderWay, NOT_TAKEN, reportOn } from './sent-command.js';
import { situationOf } from './situation.js';

/** Sends the command, and waits until the call is created or will not be. */
export async function placeCall(installation: Installation, { data, faults }: PlacedCall, invocation: string): Promise<Report> {
  if (faults.length > 0) {
    const lines = faults.map(({ path, message }) => `  ${path} ${message}`);
    return { data: { faults }, lines: ['The call is not valid, and was not placed:', ...lines], isWell: false };
  }
  const { callId } = data;
  const { waitMs } = installation.settings;
  const call = await FollowedCall.open(installation, callId);
  try {
    const { facts } = call;
    if (isAnotherCall(facts, data)) {
      const said = ['The id is taken by another call. Nothing was placed.'];
      return reportOn(facts, { said, isWell: false, invocation });
    }
    await installation.command(createCallCommand(COMMAND_SOURCE, data));
    await call.until(() => !isUnderWay(facts), waitMs);
    const said = facts.dispatch?.command == null ? [`Call ${callId}: ${NOT_TAKEN}`] : [];
    return reportOn(facts, { said, isWell: ['live', 'ended'].includes(situationOf(facts).kind), invocation });
  } finally {
    await call.close();
  }
}

function isAnotherCall({ dispatch }: CallFacts, { tenantId, appId, call }: CreateCallData): boolean {
  if (dispatch?.command == null) return false;
  return dispatch.requestHash !== requestHash({ appId: appId ?? dispatch.command.appId, tenantId, call });
}
