import { ContractError, decodeCloudEvent, EVENT_VERSION, schemaVersion, type EventType } from '@callbus/contracts';
import type { ReceivedRecord } from '@callbus/kafka';
import type { CallEventOf } from './event-handlers.js';

/**
 * Reads a record of the events topic. A type that this release does not know is read too: it has a place in its call's order.
 * @throws ContractError also for a newer version of a type, which nobody can read who does not know it
 */
export function eventOf({ key, value, headers }: Pick<ReceivedRecord, 'key' | 'value' | 'headers'>): CallEventOf<EventType> {
  const event = decodeCloudEvent(value, headers);
  const version = schemaVersion(event.dataschema);
  if (version > EVENT_VERSION) throw new ContractError('UNKNOWN_VERSION', `The version of ${event.type} is ${version}.`);
  const { callId } = (event.data ?? {}) as { callId?: unknown };
  if (!/^\d{10}$/.test(event.sequence ?? ''))
    throw new ContractError('INVALID_MESSAGE', 'The event has no sequence of ten digits.');
  if (typeof callId !== 'string' || callId !== key?.toString('utf8'))
    throw new ContractError('KEY_MISMATCH', 'The key differs from data.callId.');
  return event as CallEventOf<EventType>;
}
