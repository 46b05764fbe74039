import { deadLetterOf, placeOf, readDeadLetter, replayOf, type DeadLetter, type ReceivedRecord } from '@callbus/kafka';
import { isMeant, listLetters, type LetterFilter } from './dead-letter-list.js';

const ASIDE = { topic: 'calls.commands.dead-letter', partitions: 12, service: 'd', stage: 'commands' };
const record: ReceivedRecord = {
  topic: 'calls.commands',
  partition: 3,
  offset: 42n,
  timestampMs: 1_000,
  key: Buffer.from('key'),
  value: Buffer.from('x'),
  headers: {},
};
let offsets = 0n;

function putAside(one: ReceivedRecord, putAsideAtMs = 2_000): DeadLetter {
  const { topic, partition, headers = {} } = deadLetterOf(one, new Error('?'), { attempt: 1, firstTriedAtMs: 0 }, ASIDE);
  const { key, value } = one;
  return readDeadLetter({ topic, partition, offset: offsets++, timestampMs: putAsideAtMs, key, value, headers }) as DeadLetter;
}

/** The record as it lies in its topic after a replay. */
function replayed(letter: DeadLetter, timestampMs: number): ReceivedRecord {
  const { topic, partition, headers = {} } = replayOf(letter, 12);
  return { ...record, topic, partition, offset: 99n, timestampMs, headers };
}

describe('listLetters', () => {
  it('says when a dead letter was replayed, and which were not', () => {
    const [one, other] = [putAside(record), putAside({ ...record, key: Buffer.from('other') })];
    const listed = listLetters([one, other], [replayed(one, 5_000), replayed(one, 6_000)]);
    expect(listed.map(({ letter, replayedAtMs }) => [letter, replayedAtMs])).toEqual([
      [one, [5_000, 6_000]],
      [other, []],
    ]);
  });

  it('knows a replay that was put aside again by the dead letter that it came from', () => {
    const letter = putAside(record);
    const again = putAside(replayed(letter, 5_000), 5_001);
    const listed = listLetters([letter, again], []);
    expect(listed.map(({ replayOf: origin, asideAgain }) => [origin, asideAgain])).toEqual([
      [null, ['UNEXPECTED']],
      [placeOf(letter), []],
    ]);
  });

  it('takes it for a dead letter of its own when that one is not kept any more', () => {
    const again = putAside(replayed(putAside(record), 5_000), 5_001);
    expect(listLetters([again], []).map(({ replayOf: origin }) => origin)).toEqual([null]);
  });

  it('has the oldest first, and those of one partition in their order whatever the clocks said', () => {
    const elsewhere = { ...record, key: Buffer.from('some other key') };
    const [late, early, between] = [putAside(record, 9_000), putAside(record, 1_000), putAside(elsewhere, 5_000)];
    expect(between.partition).not.toBe(late.partition);
    expect(listLetters([late, early, between], []).map(({ letter }) => letter)).toEqual([between, late, early]);
    const [one, other] = [putAside(record), putAside(elsewhere)];
    expect(listLetters([one, other], [])).toEqual(listLetters([other, one], []));
  });
});

describe('isMeant', () => {
  const letter = putAside(record, 2_000);
  const again = putAside(replayed(letter, 5_000), 6_000);
  const chosen = (filter: LetterFilter): DeadLetter[] =>
    listLetters([letter, again], [])
      .filter((one) => isMeant(one, filter))
      .map((one) => one.letter);

  it.each<[LetterFilter, boolean]>([
    [{}, true],
    [{ topic: 'calls.commands.dead-letter' }, true],
    [{ topic: 'calls.commands' }, true],
    [{ topic: 'calls.observations' }, false],
    [{ reason: 'UNEXPECTED', key: 'key' }, true],
    [{ reason: 'CONFLICT' }, false],
    [{ key: 'other' }, false],
    [{ sinceMs: 2_000, untilMs: 2_000 }, true],
    [{ sinceMs: 2_001 }, false],
    [{ untilMs: 1_999 }, false],
  ])('judges by %j', (filter, isChosen) => {
    expect(chosen(filter)).toEqual(isChosen ? [letter] : []);
  });

  it('means a replay that was put aside again only when it is named', () => {
    expect(chosen({ place: placeOf(again) })).toEqual([again]);
    expect(chosen({ place: placeOf(letter) })).toEqual([letter]);
  });
});
