import { CallPositions } from './call-positions.js';

const PARTITION = 3;
const NEXT = { kind: 'next' };
const REPEAT = { kind: 'repeat' };

/** Positions after these events of the call `a`, each at the offset of its place. */
function after(sequences: readonly number[], maxCalls = 10): CallPositions {
  const positions = new CallPositions(maxCalls);
  for (const [index, sequence] of sequences.entries()) positions.done(PARTITION, BigInt(index), 'a', sequence);
  return positions;
}

describe('the standing of an event', () => {
  it.each([
    ['the first that is seen of a call', [], 5, NEXT],
    ['one more than the last', [1, 2], 3, NEXT],
    ['the last again', [1, 2], 2, REPEAT],
    ['an earlier one', [1, 2], 1, REPEAT],
    ['two more than the last', [1, 2], 4, { kind: 'gap', missing: 1 }],
  ])('is told of %s', (_what, handled, sequence, standing) => {
    expect(after(handled).standingOf(PARTITION, 'a', sequence)).toEqual(standing);
  });

  it('does not depend on other calls, nor on other partitions', () => {
    const positions = after([1, 2]);
    expect(positions.standingOf(PARTITION, 'b', 7)).toEqual(NEXT);
    expect(positions.standingOf(PARTITION + 1, 'a', 7)).toEqual(NEXT);
  });

  it('is unknown of the call that moved longest ago once there are too many', () => {
    const positions = new CallPositions(2);
    positions.done(PARTITION, 0n, 'a', 1);
    positions.done(PARTITION, 1n, 'b', 1);
    positions.done(PARTITION, 2n, 'a', 2);
    positions.done(PARTITION, 3n, 'c', 1);
    expect(['a', 'b', 'c'].map((callId) => positions.standingOf(PARTITION, callId, 1).kind)).toEqual([
      'repeat',
      'next',
      'repeat',
    ]);
  });
});

describe('an assignment', () => {
  const kindAfter = (committed: ReadonlyMap<number, bigint | null>): string => {
    const positions = after([1, 2]);
    positions.assigned(committed);
    return positions.standingOf(PARTITION, 'a', 2).kind;
  };

  it('keeps what was handled and not yet committed, so that it is known as a repeat', () => {
    expect(kindAfter(new Map([[PARTITION, 1n]]))).toBe('repeat');
    expect(kindAfter(new Map([[PARTITION, null]]))).toBe('repeat');
    expect(kindAfter(new Map([[PARTITION, 2n]]))).toBe('repeat');
  });

  it('forgets a partition that another process went on with', () => {
    expect(kindAfter(new Map([[PARTITION, 3n]]))).toBe('next');
  });

  it('keeps what a repeat at its end was committed with', () => {
    const positions = after([1, 2, 1]);
    positions.assigned(new Map([[PARTITION, 3n]]));
    expect(positions.standingOf(PARTITION, 'a', 2)).toEqual(REPEAT);
  });

  it('forgets a partition that went away', () => {
    expect(kindAfter(new Map([[PARTITION + 1, 1n]]))).toBe('next');
  });
});
