import type { IncomingHttpHeaders } from 'node:http';
import { ContractError, MAX_INPUT_DEPTH, parseJson, type NotificationObservation } from '@callbus/contracts';
import { refusal, type AuthenticCallback } from './authenticate-callback.js';

/** Those of Graph's headers that say something about the callback; never the token. */
const KEPT_HEADERS = [
  'x-microsoft-skype-message-id',
  'x-microsoft-skype-chain-id',
  'scenario-id',
  'client-request-id',
  'content-type',
] as const;

/**
 * The callback as it is stored. The body's exact bytes are kept: it is only checked to be JSON in UTF-8, which text
 * carries without loss.
 * @throws HttpException 400
 */
export function notificationOf(
  { address, claims }: AuthenticCallback,
  headers: IncomingHttpHeaders,
  body: Buffer,
  { id, receivedAtMs }: { readonly id: string; readonly receivedAtMs: number },
): NotificationObservation {
  try {
    parseJson(body, MAX_INPUT_DEPTH);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw refusal(400, 'BadRequest', error.detail, { cause: error });
  }
  const { callId, attempt, appId, tenantId } = address;
  return {
    kind: 'notification',
    id,
    callId,
    tenantId,
    appId,
    attempt,
    receivedAt: new Date(receivedAtMs).toISOString(),
    body: body.toString('utf8'),
    headers: Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    ),
    claims: { tid: claims.tenantId, ...(claims.callerAppId === null ? {} : { appid: claims.callerAppId }) },
  };
}
