import {
  bodyBytes,
  decodeObservation,
  encodeEvent,
  encodeObservation,
  encodeSnapshot,
  type Observation,
} from '@callbus/contracts';
import fc from 'fast-check';
import { CALLBACK_BODIES } from '../../testing/callback-bodies.js';
import {
  accepted,
  bodyOf,
  created,
  foldAll,
  found,
  gone,
  notification,
  notificationOfBytes,
  unknownOutcome,
  wordsOf,
} from '../testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
/** Half of a surrogate pair in JSON, or a name that leads to a prototype. */
const HARMFUL = /(^|[^\\])(\\\\)*\\ud[89a-f]|"__proto__"|"constructor":\{[^}]*"prototype"/;
const LIVE = [accepted(), created(graphCallId)];
const empty = (id = 'empty', attempt = 1): Observation => notificationOfBytes(id, Buffer.alloc(0), { attempt });

/** All that a sequencer writes of these observations, as text. */
function written(observations: readonly Observation[]): string {
  const { events, history } = foldAll(observations);
  const snapshot = encodeSnapshot({ callId: LIVE[0]!.callId, ...history, offset: 1, foldVersion: 2 });
  return [...events.map((event) => encodeEvent(event).value), snapshot].map(String).join('\n');
}

describe('a body that Graph may send', () => {
  it.each(CALLBACK_BODIES)('is stored byte for byte and told, or put aside: $name', ({ bytes, contentType, tells }) => {
    const sent = bytes(graphCallId);
    const stored = decodeObservation(encodeObservation(notificationOfBytes('n', sent, { contentType })));
    expect(stored.kind === 'notification' && bodyBytes(stored)).toEqual(sent);
    const { events, unhandled, history } = foldAll([...LIVE, stored]);
    const isTold = typeof tells === 'object';
    expect(wordsOf(events).slice(2)).toEqual(isTold ? ['established'] : []);
    if (isTold) expect(history.call).toMatchObject(tells.subject === undefined ? {} : { call: { subject: tells.subject } });
    expect(unhandled).toHaveLength(tells === 'dead letter' ? 1 : 0);
    expect(history.call.unreadCallbackId).toBe(isTold ? undefined : 'n');
    expect(written([...LIVE, stored])).not.toMatch(HARMFUL);
  });

  it('is stored as version 1, which older sequencers read, where text carries it without loss', () => {
    const versionOf = (bytes: Buffer): unknown =>
      (JSON.parse(String(encodeObservation(notificationOfBytes('n', bytes)))) as { version: unknown }).version;
    expect(['{}', '\ufeff{}', '{"a":"\\ud83d"}', '\0', ''].map((body) => versionOf(Buffer.from(body)))).toEqual([1, 1, 1, 1, 1]);
    expect([[0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf]].map((bytes) => versionOf(Buffer.from(bytes)))).toEqual([2, 2, 2]);
  });

  it('may be any bytes: they are stored unchanged and told or put aside, and no code throws', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.constantFrom(...CALLBACK_BODIES), fc.nat(), fc.uint8Array({ maxLength: 4 })).map(([{ bytes }, at, patch]) => {
        const whole = bytes(graphCallId);
        const from = at % (whole.length + 1);
        return Buffer.concat([whole.subarray(0, from), patch, whole.subarray(from + patch.length)]);
      }),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const stored = decodeObservation(encodeObservation(notificationOfBytes('n', Buffer.from(bytes))));
        expect(stored.kind === 'notification' && bodyBytes(stored).equals(bytes)).toBe(true);
        const { events, unhandled, history } = foldAll([...LIVE, stored]);
        if (events.length === 2 && unhandled.length === 0) expect(bytes).toHaveLength(0);
        expect(JSON.stringify([events, history])).not.toMatch(HARMFUL);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an unreadable callback', () => {
  it('leaves a mark until a look-up at Graph answers it; the last mark counts', () => {
    const { history } = foldAll([...LIVE, empty('first'), empty('second')]);
    expect(history.call.unreadCallbackId).toBe('second');
    const answered = (answers: string) => ({ ...found(1, graphCallId, 'established'), id: `for-${answers}`, answers });
    const late = foldAll([answered('first')], history);
    expect(wordsOf(late.events)).toEqual(['established']);
    expect(late.events[0]?.data).toMatchObject({ observedBy: 'reconciler' });
    expect(late.history.call.unreadCallbackId).toBe('second');
    const all = foldAll([answered('second')], late.history);
    expect(wordsOf(all.events)).toEqual([]);
    expect(all.history.call).not.toHaveProperty('unreadCallbackId');
    // Sent twice, or read again after a crash.
    expect(foldAll([empty('second')], all.history).history.call).not.toHaveProperty('unreadCallbackId');
  });

  it('loses its mark by an answer of Graph without a state, and by the end of the call', () => {
    const marked = foldAll([...LIVE, empty()]).history;
    const plain = { ...gone(1, graphCallId), result: 'found' as const, answers: 'empty' };
    expect(foldAll([plain], marked).history.call).not.toHaveProperty('unreadCallbackId');
    const over = foldAll([{ ...gone(1, graphCallId), answers: 'empty' }], marked);
    expect(wordsOf(over.events)).toEqual(['terminated!']);
    expect(over.history.call).not.toHaveProperty('unreadCallbackId');
  });

  it('proves its attempt, so that it is not dialled again, and a later callback says which call it is', () => {
    const unknown = [accepted(), unknownOutcome(1)];
    for (const odd of [empty(), notification('odd', 'not JSON')]) {
      const { events, history } = foldAll([...unknown, odd]);
      expect(wordsOf(events)).toEqual(['CallAccepted', 'CallOutcomeUnknown', 'CallCreated']);
      expect(history.call).toMatchObject({ phase: 'created', graphCallId: null, unreadCallbackId: odd.id });
      const named = foldAll([notification('later', bodyOf(graphCallId, { state: 'established' }))], history);
      expect(named.history.call).toMatchObject({ graphCallId, state: 'established', unreadCallbackId: odd.id });
    }
    const answeredLater = foldAll([accepted(), empty(), created(graphCallId)]);
    expect(wordsOf(answeredLater.events)).toEqual(['CallAccepted', 'CallCreated']);
    expect(answeredLater.history.call).toMatchObject({ graphCallId, unreadCallbackId: 'empty' });
  });

  it('of a surplus call, or of one that is over, leaves no mark', () => {
    const surplus = foldAll([...LIVE, notification('s', bodyOf('bbbbbbbb-0000-4000-8000-000000000000', {}), 2), empty('e', 2)]);
    expect(surplus.history.call).not.toHaveProperty('unreadCallbackId');
    const over = foldAll([...LIVE, gone(1, graphCallId), empty()]);
    expect(over.history.call).not.toHaveProperty('unreadCallbackId');
    expect(over.unhandled).toEqual([]);
  });
});

it('replaces halves of surrogate pairs and removes members that lead to a prototype, also in Graph’s answers', () => {
  const answer = JSON.parse(
    '{"subject":"a\\ud83d","__proto__":{"admin":true},"\\ude00":[{"constructor":{"prototype":1}}]}',
  ) as object;
  const text = written([accepted(), created(graphCallId, 1, answer as Record<string, unknown>)]);
  expect(text).toContain('"subject":"a\ufffd"');
  expect(text).not.toMatch(HARMFUL);
});
