import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeObservation, type Observation } from '@callbus/contracts';
import { PROJECT_ROOT } from '@callbus/local-stack';

const BODIES = join(PROJECT_ROOT, 'libs', 'graph', 'fixtures', 'notifications');
const TENANT_ID = '22222222-2222-4222-8222-222222222222';
const RECEIVED_AT = new Date().toISOString();

const MUTED = recorded('v10-call-mute-roster-updated-with-participant-muted');
const UNMUTED = recorded('v10-call-unmute-roster-updated-with-participant-unmuted');

type Step = (call: Call) => Observation;

/** The life of a call whose participant mutes and unmutes a few times. */
const LIFE: readonly Step[] = [
  accepted,
  created,
  callback(recorded('seed-ex1-establishing')),
  callback(recorded('seed-ex1-established')),
  callback(recorded('seed-ex5-roster')),
  ...Array.from({ length: 5 }, () => [callback(MUTED), callback(UNMUTED)]).flat(),
  callback(recorded('v10-call-subscribetotone-tone-notification')),
  callback(recorded('v10-participant-invite-ex1-operation-completed')),
  callback(recorded('v10-call-delete-terminating')),
  ended,
  callback(recorded('legacy-2019-08-14-call-delete-call-terminated')),
];

export const OBSERVATIONS_PER_CALL = LIFE.length;
/** After so many observations the call is established and its roster is known. */
export const ESTABLISHED_AFTER = 5;

/** One call and what is observed of it, in order, with bodies that Graph has sent. */
export class Call {
  readonly callId = randomUUID();
  readonly graphCallId = randomUUID();

  /** @param step from 0 to OBSERVATIONS_PER_CALL - 1 */
  observation(step: number): { readonly key: string; readonly value: Buffer } {
    const observe = LIFE[step];
    if (observe === undefined) throw new RangeError(`a call has no observation ${step}`);
    return { key: this.callId, value: encodeObservation(observe(this)) };
  }
}

/** A recorded body in pieces, between which the id of its call belongs. */
function recorded(name: string): readonly string[] {
  const body = JSON.stringify(JSON.parse(readFileSync(join(BODIES, `${name}.json`), 'utf8')));
  const [, graphCallId = ''] = /calls\/([\w-]+)/.exec(body) ?? [];
  return body.split(graphCallId);
}

function base({ callId }: Call) {
  return { callId, tenantId: TENANT_ID, appId: TENANT_ID, receivedAt: RECEIVED_AT, id: randomUUID() };
}

function accepted(call: Call): Observation {
  return {
    ...base(call),
    kind: 'accepted',
    requestHash: `1:${call.callId}`,
    callKind: 'peer',
    media: 'service',
    notAfter: RECEIVED_AT,
    ifUnknown: 'park',
  };
}

function created(call: Call): Observation {
  const { graphCallId } = call;
  const answer = { '@odata.type': '#microsoft.graph.call', id: graphCallId, state: 'establishing', direction: 'outgoing' };
  return { ...base(call), kind: 'outcome', outcome: 'created', attempt: 1, provenBy: 'response', graphCallId, call: answer };
}

function ended(call: Call): Observation {
  return { ...base(call), kind: 'end', attempt: 1, graphCallId: call.graphCallId, result: 'ended' };
}

function callback(body: readonly string[]): Step {
  return (call) => {
    const observed = base(call);
    const headers = { 'x-microsoft-skype-message-id': observed.id, 'content-type': 'application/json' };
    const claims = { tid: TENANT_ID };
    return { ...observed, kind: 'notification', attempt: 1, body: body.join(call.graphCallId), headers, claims };
  };
}
