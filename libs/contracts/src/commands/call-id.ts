import { randomUUID } from 'node:crypto';
import { v5 } from 'uuid';

/** The namespace of every callId that follows from a caller's key. A constant for ever: another one would dial again. */
const CALL_ID_NAMESPACE = '5f6d0a53-8c1e-5d0b-9a3e-3c1f8f0e7b21';

/** A UUID as we write them: lower case, with dashes. */
export const CALL_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isCallId(text: string): boolean {
  return CALL_ID.test(text);
}

/**
 * Brings a callId into our form: lower case, with dashes. Takes it in any case, without dashes or in braces; null if it is no
 * UUID.
 */
export function readCallId(text: string): string | null {
  const [, digits] = /^\s*\{?([0-9a-f]{32})\}?\s*$/i.exec(text.replaceAll('-', '')) ?? [];
  return digits?.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') ?? null;
}

/**
 * The id of a call. The same tenant, caller and key give the same id, so a repeated request is the same command;
 * without a key every request is a call of its own.
 * @param key the `Idempotency-Key`, else the `client-request-id`, else null
 */
export function callIdFor(tenantId: string, callerAppId: string, key: string | null): string {
  return key === null ? randomUUID() : v5(`${tenantId}\n${callerAppId}\n${key}`, CALL_ID_NAMESPACE);
}

/** The id of a call's n-th event: the same whenever the history is folded again. */
export function eventId(callId: string, sequence: string): string {
  return v5(sequence, callId);
}

/** A sequence number as text that sorts as the number does: ten digits. */
export function formatSequence(sequence: number): string {
  return String(sequence).padStart(10, '0');
}
