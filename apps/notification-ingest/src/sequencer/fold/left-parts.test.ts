import { unknown, type Place } from './change.js';
import { leftOf, seenAfter, WHOLE } from './left-parts.js';
import { readNotifications } from '../read/read-notifications.js';

/** Whether a change that was read from these places is to be folded, by these marks. */
const isLeft = (seen: readonly string[], ...places: readonly Place[]): boolean =>
  leftOf(seen, 'm')(unknown(null, '', ...places), 0);
/** The places of the changes of a body, per change. */
const placesIn = (body: unknown): unknown[] => readNotifications(Buffer.from(JSON.stringify(body))).map(({ places }) => places);
const item = (below: string, resourceData: unknown): object => ({ resourceUrl: `calls/a${below}`, resourceData });

describe('the marks of an observation', () => {
  it('are one when it is done, none when nothing of it is, and one with the places of what is left', () => {
    expect(seenAfter(['other'], 'm', [])).toEqual(['other', 'm']);
    expect(seenAfter(['other'], 'm', WHOLE)).toEqual(['other']);
    const once = seenAfter(['other'], 'm', [[1], [2, 0]]);
    expect(once).toEqual(['other', 'm~1,2.0']);
    expect(seenAfter(once, 'm', [[1]])).toEqual(['other', 'm~1']);
    expect(seenAfter(once, 'm', [])).toEqual(['other', 'm']);
  });

  it('leave what was done as it is, however a release reads the body', () => {
    const seen = seenAfter([], 'm', [[1], [2, 0]]);
    // The notification as a whole, its resources one by one, or several at once.
    expect([isLeft(seen, [0]), isLeft(seen, [0, 0]), isLeft(seen, [0, 0], [0, 1]), isLeft(seen, [2, 1])]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([isLeft(seen, [1]), isLeft(seen, [1, 3]), isLeft(seen, [2]), isLeft(seen, [2, 1], [2, 0])]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('are bounded: of many places that are left they name the first, and take all that follows for left', () => {
    const left = Array.from({ length: 1_000 }, (_one, index): Place => [2, 2 * index]);
    const seen = seenAfter([], 'm', left);
    expect(seen.join().length).toBeLessThan(500);
    expect(left.every((place) => isLeft(seen, place))).toBe(true);
    expect([isLeft(seen, [1]), isLeft(seen, [2, 1]), isLeft(seen, [3])]).toEqual([false, false, true]);
  });

  it('of a release before name changes by index, and are replaced', () => {
    const before = ['m#0', 'other', 'm#1'];
    expect([0, 1, 2].map((index) => leftOf(before, 'm')(unknown(null, '', [index]), index))).toEqual([false, false, true]);
    expect(seenAfter(before, 'm', [[2]])).toEqual(['other', 'm~2']);
  });
});

describe('the places of changes', () => {
  it('are those of notifications and resources in Graph’s body', () => {
    const delta = (participants: unknown) => ({ '@odata.type': '#microsoft.graph.deltaParticipants', participants });
    const body = [
      item('', [{ state: 'hold' }, 7]),
      item('/participants', [{ id: 'p' }, delta([{ id: 'q' }, 7]), { id: 'r' }]),
      item('/participants', []),
      item('/operations/o', { status: 'running' }),
      item('/contentSharingSessions/s', undefined),
      item('/lobby', {}),
      5,
    ];
    expect(placesIn({ value: body })).toEqual([
      ...[[[0, 0]], [[0, 1]]],
      ...[
        [
          [1, 0],
          [1, 2],
        ],
        [[1, 1, 0]],
        [[1, 1, 1]],
      ],
      [[2]],
      [[3, 0]],
      [[4]],
      [[5]],
      [[6]],
    ]);
  });

  it('are the whole of a body that holds none', () => {
    expect([placesIn({}), placesIn({ callState: 'incoming' })]).toEqual([[WHOLE], [WHOLE]]);
  });

  it('name each of the notifications that are too many', () => {
    expect(placesIn(Array.from({ length: 1_002 }, () => item('', { state: 'hold' }))).at(-1)).toEqual([[1_000], [1_001]]);
  });
});
