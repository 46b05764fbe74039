import { isObject, type CallKind } from '@callbus/graph';
import { objectAt, objectsAt, type Json } from './graph-call.js';

/** What Graph adds of its own when it creates a call. */
export interface CreatedCall {
  readonly id: string;
  readonly kind: CallKind;
  readonly callChainId: string;
  readonly myParticipantId: string;
  readonly tenantId: string;
  readonly appId: string;
  /** Of the app, as Graph knows it. */
  readonly appName: string;
  readonly request: Json;
}

const PARTY_DETAILS = { countryCode: null, endpointType: null, region: null, languageId: null };
const TARGET_DETAILS = { endpointType: null, region: null, replacesCallId: null, languageId: null };

/**
 * The call resource that a 201 carries, as the responses of Microsoft's page show it: what was asked for, completed, and the
 * members of a call that has just begun. Its members vary with the kind of call as they do there.
 * @param graphUrl origin of Graph
 */
export function createdCallBody(call: CreatedCall, graphUrl: string): Json {
  const { request } = call;
  const isTelephone = call.kind === 'pstn';
  return {
    '@odata.type': '#microsoft.graph.call',
    state: 'establishing',
    direction: 'outgoing',
    callbackUri: request['callbackUri'],
    callChainId: call.callChainId,
    ...(isTelephone && { callRoutes: [] }),
    source: sourceOf(call),
    targets: objectsAt(request, 'targets').map((target) => ({ ...target, ...missing(target, TARGET_DETAILS) })),
    requestedModalities: request['requestedModalities'] ?? ['audio'],
    ...(isTelephone && { activeModalities: [] }),
    mediaConfig: request['mediaConfig'],
    ...(isTelephone && { routingPolicies: [], tenantId: call.tenantId }),
    myParticipantId: call.myParticipantId,
    id: call.id,
    '@odata.context': `${graphUrl}/v1.0/$metadata#app/calls/$entity`,
    subject: request['subject'] ?? null,
    ...(isTelephone && { terminationReason: null, meetingCapability: null }),
    ringingTimeoutInSeconds: null,
    mediaState: null,
    resultInfo: null,
    answeredBy: null,
    chatInfo: isObject(request['chatInfo']) ? { replyChainMessageId: null, ...request['chatInfo'] } : null,
    meetingInfo: request['meetingInfo'] ?? null,
    transcription: null,
    toneInfo: null,
  };
}

/** Who calls: as the request says, else the app. */
export function sourceOf(call: CreatedCall): Json {
  const source = objectAt(call.request, 'source') ?? {
    '@odata.type': '#microsoft.graph.participantInfo',
    identity: {
      '@odata.type': '#microsoft.graph.identitySet',
      application: { '@odata.type': '#microsoft.graph.identity', displayName: call.appName, id: call.appId },
    },
  };
  return { ...source, ...missing(source, PARTY_DETAILS) };
}

function missing(given: Json, defaults: Json): Json {
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !Object.hasOwn(given, name)));
}
