import { dateTimeMs, readCallId } from '@callbus/contracts';
import { isUUID } from 'class-validator';
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError */
export function callIdOf(text: string): string {
  const callId = readCallId(text);
  if (callId === null) throw new InvalidArgumentError('It must be a UUID.');
  return callId;
}

/** @returns a reader of texts that say something @throws InvalidArgumentError */
export function textOf(maxLength: number): (text: string) => string {
  return (text) => {
    const trimmed = text.trim();
    if (trimmed === '') throw new InvalidArgumentError('It must not be blank.');
    if (trimmed.length > maxLength) throw new InvalidArgumentError(`It must have at most ${maxLength} characters.`);
    return trimmed;
  };
}

/** @throws InvalidArgumentError */
export function tenantIdOf(text: string): string {
  if (!isUUID(text)) throw new InvalidArgumentError('It must be the tenant’s id, a UUID.');
  return text.toLowerCase();
}

/** @returns where a record lies @throws InvalidArgumentError */
export function recordPlaceOf(text: string): string {
  if (!/^[\w.-]+\/\d+\/\d+$/.test(text)) throw new InvalidArgumentError('It must be topic/partition/offset, as list shows it.');
  return text;
}

/** @returns milliseconds since 1970 @throws InvalidArgumentError */
export function timeMsOf(text: string): number {
  const ms = dateTimeMs(text);
  if (ms === null) throw new InvalidArgumentError('It must be a time with its offset from UTC, as 2026-01-31T12:00:00Z.');
  return ms;
}
