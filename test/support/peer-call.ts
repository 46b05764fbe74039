import { randomUUID } from 'node:crypto';
import { commandMessage, type PlainMessage } from './plain-kafka.js';

type Json = Readonly<Record<string, unknown>>;

/** A call to one user with service-hosted media, as Graph documents it. */
export function peerCall(tenantId: string): Json {
  const user = { '@odata.type': '#microsoft.graph.identity', id: '112f7296-5fa4-42ca-bae8-6a692b15d4b8' };
  const identity = { '@odata.type': '#microsoft.graph.identitySet', user };
  return {
    '@odata.type': '#microsoft.graph.call',
    targets: [{ '@odata.type': '#microsoft.graph.invitationParticipantInfo', identity }],
    requestedModalities: ['audio'],
    mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
    tenantId,
  };
}

/** The command that places such a call. @param more of its data: notAfter, ifUnknown, or another call */
export function createPeerCall(
  tenantId: string,
  more: Json = {},
  callId: string = randomUUID(),
): PlainMessage & { callId: string } {
  return { callId, ...commandMessage('CreateCall', { callId, tenantId, call: peerCall(tenantId), ...more }) };
}
