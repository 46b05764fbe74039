import { isCallId } from '@callbus/contracts';
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError */
export function callIdOf(text: string): string {
  const callId = text.toLowerCase();
  if (!isCallId(callId)) throw new InvalidArgumentError('It must be a UUID with dashes.');
  return callId;
}

/** @returns milliseconds since 1970 @throws InvalidArgumentError */
export function timeMsOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a time in ISO 8601, as 2026-01-31T12:00:00Z.');
  return ms;
}
