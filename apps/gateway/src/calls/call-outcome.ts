import type { CreationError } from '@callbus/contracts';
import { ApiError, type ApiErrorDetail } from '../http/api-error.js';
import { hasGraphsAnswer } from './call-resource.js';
import type { KnownCall } from './known-call.js';

type Failure = NonNullable<KnownCall['call']['failure']>;

/** Whether it is known what came of a create: the call is there, or will never be. */
export function isDecided({ call }: KnownCall): boolean {
  return isCreated({ call }) || call.failure !== null;
}

export function isCreated({ call }: Pick<KnownCall, 'call'>): boolean {
  return call.phase === 'created' || call.phase === 'ended';
}

/**
 * Whether nothing more about a create is expected soon: it failed, the call has ended, or Graph's answer is known. A callback may
 * be faster than the answer; it proves the call, but does not settle it.
 */
export function isSettled({ call }: Pick<KnownCall, 'call'>): boolean {
  return call.failure !== null || call.phase === 'ended' || (isCreated({ call }) && hasGraphsAnswer({ call }));
}

/** Of failures that Graph was not asked about. None is a status at which clients send a POST again by themselves. */
const STATUS_BY_REASON: Readonly<Record<Failure['reason'], number>> = {
  rejected: 400,
  invalid: 400,
  expired: 408,
  cancelled: 409,
};
const MESSAGES: Readonly<Record<Failure['reason'], string>> = {
  rejected: 'The call was refused.',
  invalid: 'The call is not valid.',
  expired: 'The call was not placed in its time, and will not be. Place a new one with a fresh Idempotency-Key.',
  cancelled: 'The call was ended before it was placed.',
};

/** Why there is no call, as Graph said it where it did. */
export function creationFailure({ reason, error }: Failure): ApiError {
  const { httpStatus = null, code = reason, message = MESSAGES[reason], advice, details } = error ?? {};
  return new ApiError(httpStatus ?? STATUS_BY_REASON[reason], code, advice === undefined ? message : `${message} ${advice}`, {
    ...(isListOfFaults(details) && { details: details.map(toDetail) }),
  });
}

type Details = CreationError['details'];
type Faults = Extract<Details, readonly unknown[]>;

function isListOfFaults(details: Details): details is Faults {
  return Array.isArray(details);
}

function toDetail({ path, message }: Faults[number]): ApiErrorDetail {
  return { target: path, message };
}
