import { messageOf } from './errors.js';
import type { StackPlaces } from './places.js';

/** As Node, and as Java and Maven word it. */
const DISK_IS_FULL = /ENOSPC|No space left on device/i;

/** @returns what to do if a full disk is behind this error; null for every other */
export function diskFullAdvice(error: unknown, places: Pick<StackPlaces, 'home' | 'cache'>): string | null {
  if (!causesOf(error).some((one) => DISK_IS_FULL.test(messageOf(one)))) return null;
  return (
    `The disk is full. Free some space (a stack takes about 200 MB) where ${places.home} and ${places.cache} are, or have them ` +
    'elsewhere: CALLBUS_HOME=<folder> CALLBUS_CACHE=<folder> npm start. Old logs and data may go: delete .callbus.'
  );
}

function causesOf(error: unknown): readonly unknown[] {
  return error instanceof Error && error.cause !== undefined ? [error, ...causesOf(error.cause)] : [error];
}
