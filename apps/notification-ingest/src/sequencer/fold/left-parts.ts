import type { Change, Place } from './change.js';

/** Most places that one mark lists. Marks are part of the snapshot, so they must stay small. */
const MOST_PLACES = 64;
/** Separates an observation's mark from the places that are left of it. */
const LEFT = '~';
/** Earlier releases wrote one mark for each change that was done, with the change's index after this character. */
const DONE = '#';
/** Follows the last place when more are left than a mark lists: everything behind that place counts as left, too. */
const AND_ALL_AFTER = '+';

/** The place of the whole body. */
export const WHOLE: readonly Place[] = [[]];

/**
 * Tells which changes of a body are to be folded, when it may have been folded in part before. It decides by their places in
 * Graph's body, so a release that reads other changes from the same body neither skips nor repeats what an earlier one has told.
 * @param seen the history's marks
 * @param mark the observation's own mark
 */
export function leftOf(seen: readonly string[], mark: string): (change: Change, index: number) => boolean {
  const listed = seen.find((one) => one.startsWith(mark + LEFT));
  if (listed === undefined) return (_change, index) => !seen.includes(`${mark}${DONE}${String(index)}`);
  const text = listed.slice(mark.length + LEFT.length);
  const places = text.replace(AND_ALL_AFTER, '').split(',').map(placeOf);
  const last = text.endsWith(AND_ALL_AFTER) ? places.at(-1) : undefined;
  const isLeft = (place: Place): boolean =>
    places.some((one) => isWithin(one, place) || isWithin(place, one)) || (last !== undefined && isAfter(place, last));
  return (change) => change.places.some(isLeft);
}

/**
 * The history's marks after an observation.
 * @param left the places of the parts that this release cannot handle
 */
export function seenAfter(seen: readonly string[], mark: string, left: readonly Place[]): readonly string[] {
  const others = seen.filter((one) => !one.startsWith(mark + LEFT) && !one.startsWith(mark + DONE));
  if (left.length === 0) return [...others, mark];
  // The whole body is left, so it gets no mark: if it comes again, all of it is folded.
  if (left.some((place) => place.length === 0)) return others;
  const [listed, rest] = [left.slice(0, MOST_PLACES), left.slice(MOST_PLACES)];
  const first = rest.length === 0 ? [] : [rest.reduce((least, place) => (isAfter(least, place) ? place : least))];
  const places = [...listed, ...first].map((place) => place.join('.')).join(',');
  return [...others, `${mark}${LEFT}${places}${rest.length === 0 ? '' : AND_ALL_AFTER}`];
}

function placeOf(text: string): Place {
  return text.split('.').map(Number);
}

function isWithin(place: Place, whole: Place): boolean {
  return whole.every((index, level) => place[level] === index);
}

function isAfter(place: Place, other: Place): boolean {
  const level = place.findIndex((index, at) => index !== other[at]);
  return level !== -1 && (place[level] ?? 0) > (other[level] ?? -1);
}
