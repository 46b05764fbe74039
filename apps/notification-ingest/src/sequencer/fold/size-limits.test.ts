import { encodeEvent, encodeSnapshot, FOLD_VERSION, TOPICS, type CallEvent } from '@callbus/contracts';
import type { History } from './history.js';
import { fittingEntries } from './size-limits.js';
import { accepted, bodyOf, created, foldAll, notification } from '../testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
const MAX_MESSAGE_BYTES = Number(TOPICS.events.config['max.message.bytes']);
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Of Kafka's own around a record: key, headers, batch. */
const AROUND_BYTES = 10_000;

function participant(number: number, bytes = 800): object {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const bare = { id, isMuted: false, isInLobby: false, info: { identity: { user: { id, displayName: '' } } } };
  return { ...bare, metadata: 'x'.repeat(Math.max(0, bytes - JSON.stringify(bare).length - 14)) };
}

const participants = (count: number, from = 0): object[] =>
  Array.from({ length: count }, (_one, index) => participant(from + index));

/** Folds bodies of a created call; each must fit into a callback, and each event and snapshot into its topic. */
function fold(...bodies: (object | string)[]): { events: readonly CallEvent[]; history: History; unhandled: readonly string[] } {
  let { history } = foldAll([accepted(), created(graphCallId)]);
  const events: CallEvent[] = [];
  const unhandled: string[] = [];
  for (const [index, body] of bodies.entries()) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BODY_BYTES);
    const folded = foldAll([notification(`n${String(index)}`, text)], history);
    history = folded.history;
    events.push(...folded.events);
    unhandled.push(...folded.unhandled);
    const callId = '11111111-1111-4111-8111-111111111111';
    const snapshot = encodeSnapshot({ callId, ...history, offset: index, foldVersion: FOLD_VERSION });
    expect(snapshot.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES - AROUND_BYTES);
    for (const event of folded.events)
      expect(encodeEvent(event).value.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES - AROUND_BYTES);
  }
  return { events, history, unhandled };
}

const roster = (list: unknown): object => bodyOf(graphCallId, list, { below: '/participants' });
const last = (events: readonly CallEvent[]): Record<string, unknown> => events.at(-1)?.data as unknown as Record<string, unknown>;

describe('a roster', () => {
  it('of 2,000 participants of 800 bytes each is told whole (F44)', () => {
    const list = participants(2_000);
    expect(JSON.stringify(list[0]).length).toBe(800);
    const { events, history } = fold(roster(list));
    expect(last(events)).toMatchObject({ participants: list });
    expect(last(events)).not.toHaveProperty('truncated');
    expect(history.call.participants).toEqual(list);
  });

  it('that fills a whole callback is told whole', () => {
    const list = participants(Math.floor((MAX_BODY_BYTES - 1_000) / 801));
    expect(last(fold(roster(list)).events)).not.toHaveProperty('truncated');
  });

  it('that grows beyond its topic by deltas is cut, and says by how many', () => {
    const delta = (from: number): object =>
      roster({ '@odata.type': '#microsoft.graph.deltaParticipants', participants: participants(4_000, from) });
    const { events, history } = fold(delta(0), delta(4_000), delta(8_000));
    const kept = history.call.participants.length;
    expect(kept).toBeGreaterThan(5_000);
    expect(last(events)).toMatchObject({ truncated: 4_000 });
    expect(history.call.participants).toEqual(participants(kept));
  });

  it('that is cut in the same way again is a repeat', () => {
    const list = (count: number): object => ({
      '@odata.type': '#microsoft.graph.deltaParticipants',
      participants: [...participants(3_000), ...participants(count, 3_000)],
    });
    const { events } = fold(roster(list(2_000)), roster(list(2_000)));
    expect(events).toHaveLength(1);
  });

  it.each([
    ['ids', '{"id":"' + 'é'.repeat(64) + '#"},'],
    ['numbers that are written longer than they came', '{"a":[' + '1e20,'.repeat(30) + '1]},'],
    ['people who were removed', '{"id":"#","removedState":{"reason":"' + 'x'.repeat(300) + '"}},'],
  ])('full of %s fits into its topic, and so does the next one, in which nobody is left', (_what, entry) => {
    const count = Math.floor((MAX_BODY_BYTES - 1_000) / (Buffer.byteLength(entry) + 6));
    const body = (from: number): string => {
      const entries = Array.from({ length: count }, (_one, index) => entry.replace('#', String(from + index)));
      const list = `[${entries.join('')}{"id":"last"}]`;
      return `{"value":[{"resourceUrl":"calls/${graphCallId}/participants","resourceData":${list}}]}`;
    };
    const { events } = fold(body(100_000), body(500_000), roster([]));
    expect(events[0]?.data).toHaveProperty('truncated');
  });
});

describe('other large notifications', () => {
  const text = 'x'.repeat(3_900_000);

  it('lose the members that do not fit, and say so', () => {
    const [event] = fold(bodyOf(graphCallId, { state: 'established', subject: 'Alert', huge: text, after: 1 })).events;
    expect(event?.data).toMatchObject({ call: { subject: 'Alert', after: 1 }, truncated: 1 });
    expect(event?.data).not.toHaveProperty('call.huge');
  });

  it('do not fill a snapshot by and by', () => {
    const bodies = Array.from({ length: 12 }, (_one, index) =>
      bodyOf(graphCallId, { state: 'established', [`member${String(index)}`]: 'x'.repeat(300_000) }),
    );
    const { events, history } = fold(...bodies);
    expect(Object.keys(history.call.call ?? {})).toHaveLength(3);
    expect(last(events)).toMatchObject({ truncated: 1 });
  });

  it('have no result or media state that large', () => {
    const resource = {
      state: 'terminated',
      resultInfo: { code: 200, message: text.slice(1_000_000) },
      terminationReason: 'x'.repeat(20_000),
    };
    expect(last(fold(bodyOf(graphCallId, resource)).events)).toMatchObject({
      resultInfo: null,
      terminationReason: null,
      truncated: 1,
    });
  });

  it('of operations and content sharing are told whole as far as they fit', () => {
    const invited = { status: 'completed', participants: participants(4_000) };
    const operation = fold(bodyOf(graphCallId, invited, { below: '/operations/o' })).events;
    expect(last(operation)).toMatchObject({ operation: { participants: participants(4_000) } });
  });

  it('of operations and content sharing are cut when JSON writes them longer than they came', () => {
    const numbers = `{"a":[${'1e20,'.repeat(700_000)}1]}`;
    const body = (below: string, resourceData: string): string =>
      `{"value":[{"resourceUrl":"calls/${graphCallId}${below}","resourceData":${resourceData}}]}`;
    const sharing = fold(body('/contentsharingsessions', `[${numbers},{"id":"s"}]`)).events;
    expect(last(sharing)).toMatchObject({ contentSharingSessions: [{ id: 's' }], truncated: 1 });
    const operation = fold(body('/operations/o', numbers.replace('{', '{"status":"completed",'))).events;
    expect(last(operation)).toMatchObject({ operation: { status: 'Completed' }, truncated: 1 });
  });
});

describe('a call that goes on for days', () => {
  it('keeps a bounded number of repeats, operations and departures', () => {
    const news = (index: number): object => ({
      value: Object.entries({
        participants: [{ id: `p${String(index)}`, removedState: {} }],
        [`operations/o${String(index)}`]: { status: 'completed' },
      }).map(([below, resourceData]) => ({ resourceUrl: `calls/${graphCallId}/${below}`, resourceData })),
    });
    const messageId = 'x'.repeat(10_000);
    const notifications = Array.from({ length: 300 }, (_one, index) => notification(String(index), news(index), 1, messageId));
    const { history } = foldAll([accepted(), created(graphCallId), ...notifications]);
    expect([history.call.seen.length, history.call.departed.length, history.call.operations.length]).toEqual([256, 256, 32]);
    expect(JSON.stringify(history).length).toBeLessThan(100_000);
  });
});

it('many rosters in one body are an event each', () => {
  const item = (count: number): object => ({
    resourceUrl: `calls/${graphCallId}/participants`,
    resourceData: participants(count),
  });
  expect(fold({ value: [item(900), item(901), item(902)] }).events).toHaveLength(3);
});

describe('fittingEntries', () => {
  it('keeps what fits, in its order, and goes on behind what does not', () => {
    expect(fittingEntries([3, 9, 4, 4, 2], 10, (bytes) => bytes)).toEqual({ kept: [3, 4, 2], truncated: 2 });
  });
});
