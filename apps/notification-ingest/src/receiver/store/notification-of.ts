import type { IncomingHttpHeaders } from 'node:http';
import { carriedBody, type NotificationObservation } from '@callbus/contracts';
import type { AuthenticCallback } from '../gate/callback-gate.js';

/** The headers that are stored because they describe the callback, such as its body's charset; never the token. */
const KEPT_HEADERS = [
  'x-microsoft-skype-message-id',
  'x-microsoft-skype-chain-id',
  'scenario-id',
  'client-request-id',
  'content-type',
] as const;

/** The observation of a callback. @param body any bytes; the receiver does not parse them, the sequencer does */
export function notificationOf(
  { address, claims }: AuthenticCallback,
  headers: IncomingHttpHeaders,
  body: Buffer,
  { id, receivedAtMs }: { readonly id: string; readonly receivedAtMs: number },
): NotificationObservation {
  const { callId, attempt, appId, tenantId } = address;
  return {
    kind: 'notification',
    id,
    callId,
    tenantId,
    appId,
    attempt,
    receivedAt: new Date(receivedAtMs).toISOString(),
    ...carriedBody(body),
    headers: keptOf(headers),
    claims: { tid: claims.tenantId, ...(claims.callerAppId === null ? {} : { appid: claims.callerAppId }) },
  };
}

function keptOf(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}
