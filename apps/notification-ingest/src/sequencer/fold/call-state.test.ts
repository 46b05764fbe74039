import type { CallEvent } from '@callbus/contracts';
import { accepted, bodyOf, created, foldAll, gone, notification, wordsOf } from '../testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';

/** Folds notifications of a created call, one for each resource. */
function fold(...resources: readonly object[]): readonly CallEvent[] {
  const notifications = resources.map((resource, index) =>
    notification(`n${String(index)}`, bodyOf(graphCallId, resource), 1, null),
  );
  return foldAll([accepted(), created(graphCallId), ...notifications]).events.slice(2);
}
const states = (...names: readonly string[]): string[] => wordsOf(fold(...names.map((state) => ({ state }))));
const last = (events: readonly CallEvent[]): unknown => events.at(-1)?.data;

describe('the state of a call', () => {
  it.each(['incoming', 'establishing', 'established', 'hold', 'transferring', 'transferAccepted', 'redirecting', 'terminating'])(
    'is told: %s',
    (state) => {
      expect(last(fold({ state }))).toMatchObject({ previousState: null, state, final: false, late: false });
    },
  );

  it('is spelled as Graph’s schema spells it, whatever the case it came in', () => {
    expect(states('ESTABLISHED', 'TransferAccepted', 'Terminated')).toEqual(['established', 'transferAccepted', 'terminated!']);
  });

  it('is late when it has a lower rank in a call’s life than the one before', () => {
    expect(states('established', 'establishing', 'incoming', 'hold', 'terminating', 'established')).toEqual([
      'established',
      'establishing?',
      'incoming?',
      'hold',
      'terminating',
      'established?',
    ]);
  });

  it('goes to and fro among the states of a call that goes on', () => {
    const toAndFro = ['established', 'hold', 'established', 'transferring', 'transferAccepted', 'established'];
    expect(states(...toAndFro)).toEqual(toAndFro);
  });

  it('is kept as it is when nobody knows it, is not late, and does not make others pass for news that are late', () => {
    expect(states('established', 'ringing', 'establishing', 'constructor', 'toString', 'terminated', 'ringing')).toEqual([
      'established',
      'ringing',
      'establishing?',
      'constructor',
      'toString',
      'terminated!',
      'ringing?',
    ]);
  });

  it('is the first one of every call of Graph’s when a notification says something else only', () => {
    expect(last(fold({ mediaState: { audio: 'Active' } }))).toMatchObject({
      previousState: null,
      state: 'establishing',
      mediaState: { audio: 'active' },
    });
  });
});

describe('the media state', () => {
  it('is a change of its own and stays until Graph tells another', () => {
    const events = fold({ state: 'established' }, { state: 'established', mediaState: { audio: 'active' } }, { state: 'hold' });
    expect(events.map(({ data }) => data)).toMatchObject([
      { state: 'established', mediaState: null },
      { previousState: 'established', state: 'established', mediaState: { audio: 'active' } },
      { state: 'hold', mediaState: { audio: 'active' } },
    ]);
  });
});

describe('the result', () => {
  const transferFailed = { state: 'established', resultInfo: { code: 500, subCode: 7000, message: 'x' } };

  it('is explained, its codes as numbers', () => {
    expect(last(fold({ state: 'terminated', resultInfo: { code: '200', subcode: '5001', message: 'x' } }))).toMatchObject({
      resultInfo: { code: 200, subcode: 5001, message: 'x', meaning: 'the conversation has ended' },
      final: true,
    });
  });

  it('of a failed transfer is not the result of what comes after', () => {
    const events = fold(
      { state: 'transferring' },
      transferFailed,
      transferFailed,
      { state: 'established' },
      { state: 'terminated' },
    );
    expect(events.map(({ data }) => data)).toMatchObject([
      { state: 'transferring', resultInfo: null },
      { state: 'established', resultInfo: { code: 500, subcode: 7000, meaning: 'the transfer failed' } },
      { state: 'terminated', resultInfo: null, final: true },
    ]);
  });

  it('is none when Graph just does not know the call any more', () => {
    const observations = [accepted(), created(graphCallId), notification('f', bodyOf(graphCallId, transferFailed))];
    const { events } = foldAll([...observations, gone(1, graphCallId)]);
    expect(last(events)).toMatchObject({ state: 'terminated', resultInfo: null, observedBy: 'reconciler' });
  });

  it.each([
    [
      { resultInfo: { code: 0, subcode: 7015 } },
      { resultInfo: { meaning: 'the transfer is completed' }, terminationReason: null },
    ],
    [{ terminationReason: 'AppTransferred' }, { resultInfo: null, terminationReason: 'AppTransferred' }],
  ])('of a transfer that worked ends the call: %j', (resource, expected) => {
    const body = bodyOf(graphCallId, { state: 'terminated', ...resource }, { changeType: 'deleted' });
    const { events } = foldAll([accepted(), created(graphCallId), notification('t', body)]);
    expect(last(events)).toMatchObject({ state: 'terminated', final: true, ...expected });
  });
});

describe('the deletion of a call', () => {
  it.each([undefined, {}, { state: 'established' }, []])('ends it, whatever its resource says: %j', (resource) => {
    const body = bodyOf(graphCallId, resource, { changeType: 'Deleted' });
    expect(wordsOf(foldAll([accepted(), created(graphCallId), notification('d', body)]).events).at(-1)).toBe('terminated!');
  });
});

describe('the other members of a call', () => {
  it('are told when they are new, once, and are kept', () => {
    const transcription = { state: 'active' };
    const events = fold(
      { state: 'established', subject: 'Alert', direction: 'Outgoing' },
      { state: 'established', subject: 'Alert', transcription },
      { state: 'established', subject: 'Alert', transcription },
      { state: 'hold', subject: 'Alert' },
    );
    expect(events.map(({ data }) => data)).toMatchObject([
      { call: { subject: 'Alert', direction: 'outgoing' } },
      { state: 'established', call: { transcription } },
      { state: 'hold' },
    ]);
    expect(events[1]?.data).not.toHaveProperty('call.subject');
    expect(events[2]?.data).not.toHaveProperty('call');
  });

  it('have neither the address of the callbacks, which holds a key, nor annotations', () => {
    const resource = {
      '@odata.type': '#microsoft.graph.call',
      '@odata.etag': 'x',
      id: 'x',
      callbackUri: 'https://ingest/secret',
    };
    expect(JSON.stringify(fold({ ...resource, state: 'established' }))).not.toMatch(/secret|odata|call":/);
  });

  it('have what is not what its name says', () => {
    const odd = { state: ['established'], mediaState: 'active', resultInfo: 200, terminationReason: 7, toneInfo: 'tone1' };
    expect(last(fold(odd))).toMatchObject({ state: 'establishing', mediaState: null, resultInfo: null, call: odd });
  });
});
