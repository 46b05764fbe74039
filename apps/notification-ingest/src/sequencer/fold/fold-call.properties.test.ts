import { decodeSnapshot, toCloudEvent, type CallEvent, type Observation } from '@callbus/contracts';
import fc from 'fast-check';
import { foldCall } from './fold-call.js';
import type { History } from './history.js';
import { anyLog, anyScript, attemptCallId } from '../testing/call-scripts.js';
import { accepted, created, foldAll, notification } from '../testing/observations.js';

const AFTER_THE_END = ['DuplicateCallDetected', 'CallEndFailed'];
const RANKS = ['incoming', 'establishing', 'established', 'terminating', 'terminated'];
const GRAPH_CALL_ID = attemptCallId(1);

const isEnd = ({ type, data }: CallEvent): boolean => type === 'CallCreationFailed' || ('final' in data && data.final);
const isLate = ({ data }: CallEvent): boolean => 'late' in data && data.late;

function always(check: (events: readonly CallEvent[], log: readonly Observation[]) => void): void {
  fc.assert(
    fc.property(anyLog, (log) => {
      const { events, unhandled } = foldAll(log);
      expect(unhandled).toEqual([]);
      check(events, log);
    }),
    { numRuns: 500 },
  );
}

describe('any order and repetition of what is observed of a call', () => {
  it('gives events that are numbered without gaps, each under an id of its own (G4)', () => {
    always((events) => {
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
      expect(new Set(events.map((event) => toCloudEvent(event).id)).size).toBe(events.length);
    });
  });

  it('ends the history once, and after that tells only what is late, surplus, or could not be ended (G4)', () => {
    always((events) => {
      expect(events.filter(isEnd)).toHaveLength(1);
      const after = events.slice(events.findIndex(isEnd) + 1);
      expect(after.filter((event) => !isLate(event) && !AFTER_THE_END.includes(event.type))).toEqual([]);
    });
  });

  it('accepts the call once, creates it once at most, and tells of its state only then (G4)', () => {
    always((events) => {
      const count = (type: string): number => events.filter((event) => event.type === type).length;
      expect(count('CallAccepted')).toBe(1);
      expect(count('CallCreated') + count('CallCreationFailed')).toBe(1);
      const createdAt = events.findIndex(({ type }) => type === 'CallCreated');
      const first = events.findIndex(({ type }) => /State|Roster|Operation|Tone|Sharing/.test(type));
      if (first >= 0) expect(first).toBeGreaterThan(createdAt);
    });
  });

  it('never moves the state back, but by a call that goes on', () => {
    always((events) => {
      const ranks = events.flatMap((event) =>
        event.type === 'CallStateChanged' && !event.data.late
          ? [Math.max(RANKS.indexOf(event.data.state), RANKS.includes(event.data.state) ? 0 : 2)]
          : [],
      );
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    });
  });

  it('tells of one surplus call each, and never of the call itself', () => {
    always((events) => {
      const main = events.find(({ type }) => type === 'CallCreated')?.data as { attempt?: number } | undefined;
      const surplus = events.flatMap((event) => (event.type === 'DuplicateCallDetected' ? [event.data.attempt] : []));
      expect(new Set(surplus).size).toBe(surplus.length);
      expect(surplus).not.toContain(main?.attempt);
    });
  });
});

/** Folds without writing anything down in between. */
function foldInMemory(log: readonly Observation[], before?: History): { events: CallEvent[]; history: History | undefined } {
  let history = before;
  const events: CallEvent[] = [];
  for (const observation of log) {
    const folded = foldCall(history, observation);
    history = folded.history;
    events.push(...folded.events);
  }
  return { events, history };
}

const anyJsonBody = fc.json({ maxDepth: 6 });
const anyItem = fc.record(
  {
    changeType: fc.oneof(fc.constantFrom('created', 'updated', 'deleted'), fc.jsonValue()),
    resourceUrl: fc.oneof(
      fc
        .constantFrom('', '/participants', '/operations/o', '/operations/participants', '/contentsharingsessions/s', '/x')
        .map((below) => `/communications/calls/${GRAPH_CALL_ID}${below}`),
      fc.jsonValue(),
    ),
    resourceData: fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.dictionary(
        fc.constantFrom(
          'state',
          'mediaState',
          'resultInfo',
          'toneInfo',
          'status',
          'id',
          'participants',
          'info',
          '__proto__',
          '@odata.type',
          'removedState',
        ),
        fc.jsonValue({ maxDepth: 3 }),
      ),
    ),
  },
  { requiredKeys: ['resourceUrl'] },
);
const anyBody = fc.oneof(
  anyJsonBody,
  fc.string(),
  fc.array(anyItem, { maxLength: 4 }).map((value) => JSON.stringify({ value })),
  // What JSON writes otherwise than it was read.
  fc
    .constantFrom('-0', '1e999', '{"__proto__":1}')
    .map((odd) => `{"value":[{"resourceUrl":"calls/${GRAPH_CALL_ID}","resourceData":{"state":"hold","odd":${odd}}}]}`),
);
const anyObservations = fc
  .array(fc.tuple(anyBody, fc.boolean()), { maxLength: 8 })
  .map((bodies) => [
    accepted(),
    created(GRAPH_CALL_ID),
    ...bodies.map(([body, hasId], index) => notification(`n${String(index)}`, body, 1, hasId ? 'm' : null)),
  ]);

describe('the fold', () => {
  it('is total: it takes any body', () => {
    fc.assert(
      fc.property(anyObservations, (observations) => {
        expect(() => foldAll(observations)).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['what is observed of a call', anyLog],
    ['any bodies', anyObservations],
  ])(
    'gives the same events and ids of %s, whenever it is done and wherever its snapshot is read again (G5)',
    (_what, arbitrary) => {
      fc.assert(
        fc.property(arbitrary, fc.nat(30), (log, cut) => {
          const once = JSON.stringify(foldInMemory(log));
          expect(JSON.stringify(foldInMemory(log))).toBe(once);
          const first = foldInMemory(log.slice(0, cut));
          const restored = first.history === undefined ? undefined : (JSON.parse(JSON.stringify(first.history)) as History);
          const { events, history } = foldInMemory(log.slice(cut), restored);
          expect(JSON.stringify({ events: [...first.events, ...events], history })).toBe(once);
        }),
        { numRuns: 500 },
      );
    },
  );
});

/** Of these fold 1 kept nothing by which a repeat, or a late one, is known; and a delta it took for a whole list. */
const NEW_IN_FOLD_2 = ['CallToneReceived', 'CallOperationUpdated', 'RosterUpdated'];
const ADDED_IN_FOLD_2 = ['stateRank', 'participantsTruncated', 'isDeltaRoster', 'departed', 'lastTone', 'operations'];

/** The history as it is read from a snapshot of the fold before this one. */
function ofFold1({ sequence, call }: History): History {
  const known = Object.fromEntries(Object.entries(call).filter(([name]) => !ADDED_IN_FOLD_2.includes(name)));
  expect(Object.keys(call)).toHaveLength(Object.keys(known).length + ADDED_IN_FOLD_2.length);
  const callId = '11111111-1111-4111-8111-111111111111';
  return decodeSnapshot(Buffer.from(JSON.stringify({ callId, sequence, offset: 1, foldVersion: 1, call: known })));
}

describe('a history that the fold version before began', () => {
  it('goes on with nothing lost and nothing told twice', () => {
    const anyUpgrade = anyScript.chain((script) =>
      fc.tuple(fc.constant(script), fc.nat(script.length), fc.array(fc.nat(script.length - 1), { maxLength: 5 })),
    );
    fc.assert(
      fc.property(anyUpgrade, ([script, cut, repeats]) => {
        const before = foldInMemory(script.slice(0, cut));
        const more = [
          ...repeats.filter((index) => index < cut).map((index) => script[index] as Observation),
          ...script.slice(cut),
        ];
        const after = foldInMemory(more, before.history === undefined ? undefined : ofFold1(before.history));
        const events = [...before.events, ...after.events];
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
        expect(events.filter(isEnd)).toHaveLength(1);
        const told = (all: readonly CallEvent[]): string =>
          JSON.stringify(all.filter(({ type }) => !NEW_IN_FOLD_2.includes(type)).map(({ type, data }) => ({ type, data })));
        expect(told(events)).toBe(told(foldInMemory(script).events));
      }),
      { numRuns: 500 },
    );
  });
});
