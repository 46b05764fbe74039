import type { CallEvent } from '@callbus/contracts';
import { accepted, bodyOf, created, foldAll, notification, wordsOf } from '../testing/observations.js';

const graphCallId = 'aaaaaaaa-0000-4000-8000-000000000000';
const operationPath = { below: '/operations/0fe0623f-d628-42ed-b4bd-8ac290072cc5' };
const sharingPath = { below: '/contentsharingsessions' };
const end = bodyOf(graphCallId, { state: 'terminated' }, { changeType: 'deleted' });

function fold(...bodies: readonly object[]): readonly CallEvent[] {
  const notifications = bodies.map((body, index) => notification(`n${String(index)}`, body, 1, null));
  return foldAll([accepted(), created(graphCallId), ...notifications]).events.slice(2);
}

describe('a tone', () => {
  const tone = (sequenceId: unknown, name: string, state = 'established'): object =>
    bodyOf(graphCallId, { state, toneInfo: { sequenceId, tone: name } });

  it('is told beside the state that it came with', () => {
    const events = fold(tone('1', 'Tone1'), tone(2, 'Star'));
    expect(wordsOf(events)).toEqual(['established', 'CallToneReceived', 'CallToneReceived']);
    expect(events[1]?.data).toEqual({ toneInfo: { sequenceId: 1, tone: 'tone1' }, late: false });
  });

  it('is a repeat by Graph’s count, and late when another was counted after it', () => {
    const events = fold(tone(1, 'tone1'), tone(1, 'tone1'), tone(3, 'tone1'), tone(2, 'tone1'), tone(4, 'tone1'));
    expect(events.slice(1).map(({ data }) => data)).toMatchObject([
      { toneInfo: { sequenceId: 1 }, late: false },
      { toneInfo: { sequenceId: 3 }, late: false },
      { toneInfo: { sequenceId: 2 }, late: true },
      { toneInfo: { sequenceId: 4 }, late: false },
    ]);
  });

  it('is late when what it came with is, and after the end', () => {
    expect(wordsOf(fold(bodyOf(graphCallId, { state: 'terminating' }), tone(1, 'pound')))).toEqual([
      'terminating',
      'established?',
      'CallToneReceived?',
    ]);
    expect(wordsOf(fold(end, bodyOf(graphCallId, { toneInfo: { sequenceId: 1, tone: 'pound' } })))).toEqual([
      'terminated!',
      'CallToneReceived?',
    ]);
  });

  it('that Graph does not count is told each time', () => {
    expect(wordsOf(fold(tone(undefined, 'flash'), tone(undefined, 'flash'))).slice(1)).toEqual([
      'CallToneReceived',
      'CallToneReceived',
    ]);
  });
});

describe('an operation', () => {
  const operation = (status: string, more: object = {}): object =>
    bodyOf(graphCallId, { '@odata.type': '#microsoft.graph.recordOperation', status, ...more }, operationPath);

  it('is told with its id, its status in the schema’s spelling and its result explained', () => {
    const [event] = fold(
      operation('failed', { resultInfo: { code: '400', subCode: '8508' }, completionReason: 'operationCanceled' }),
    );
    expect(event?.data).toEqual({
      operationId: '0fe0623f-d628-42ed-b4bd-8ac290072cc5',
      changeType: 'updated',
      operation: {
        '@odata.type': '#microsoft.graph.recordOperation',
        status: 'Failed',
        resultInfo: { code: 400, subcode: 8508, meaning: 'the operation was cancelled' },
        completionReason: 'operationCanceled',
      },
      late: false,
    });
  });

  it('is told once for each thing that is said of it, and as late when it was further already', () => {
    const started = operation('running');
    const events = fold(operation('notStarted'), started, started, operation('Completed'), operation('COMPLETED'), started);
    expect(events.map(({ data }) => data)).toMatchObject([
      { operation: { status: 'NotStarted' }, late: false },
      { operation: { status: 'Running' }, late: false },
      { operation: { status: 'Completed' }, late: false },
      { operation: { status: 'Running' }, late: true },
    ]);
  });

  it('of a status that nobody knows is never late, and makes none late', () => {
    expect(wordsOf(fold(operation('Completed'), operation('Paused'), operation('running')))).toEqual([
      'CallOperationUpdated',
      'CallOperationUpdated',
      'CallOperationUpdated',
    ]);
  });

  it('is known by its client context when Graph names no id, and told each time when there is none', () => {
    const invite = (more: object): object =>
      bodyOf(graphCallId, { id: null, status: 'completed', ...more }, { below: '/operations/participants' });
    const events = fold(invite({ clientContext: 'c' }), invite({ clientContext: 'c' }), invite({}), invite({}));
    expect(events).toHaveLength(3);
    expect(events[0]?.data).toMatchObject({ operationId: null, operation: { clientContext: 'c' } });
  });

  it('that is told after the end is late', () => {
    expect(wordsOf(fold(end, operation('completed')))).toEqual(['terminated!', 'CallOperationUpdated?']);
  });
});

describe('content sharing', () => {
  it('is told with its sessions, also one that only the path names', () => {
    const events = fold(
      bodyOf(graphCallId, [{ id: 's' }], { ...sharingPath, changeType: 'Created' }),
      bodyOf(graphCallId, { id: 's' }, { ...sharingPath, changeType: 'updated' }),
      bodyOf(graphCallId, undefined, { below: '/contentSharingSessions/s', changeType: 'deleted' }),
    );
    expect(events.map(({ data }) => data)).toEqual([
      { changeType: 'created', contentSharingSessions: [{ id: 's' }], late: false },
      { changeType: 'updated', contentSharingSessions: [{ id: 's' }], late: false },
      { changeType: 'deleted', contentSharingSessions: [{ id: 's' }], late: false },
    ]);
  });

  it('that is told after the end is late', () => {
    expect(wordsOf(fold(end, bodyOf(graphCallId, [{ id: 's' }], sharingPath)))).toEqual([
      'terminated!',
      'ContentSharingChanged?',
    ]);
  });
});

describe('a deletion notice whose resource is of another type', () => {
  const stray = { '@odata.type': '#microsoft.graph.playPromptOperation', status: 'completed', id: 'e33176d4' };
  const folded = (body: object) => foldAll([accepted(), created(graphCallId), notification('n0', body)]);

  it.each<[string, object | null]>([
    ['one', stray],
    ['a list of them', [stray, stray]],
  ])('does not end the call, and has Graph asked: %s', (_what, resourceData) => {
    const { events, unhandled, history } = folded(bodyOf(graphCallId, resourceData, { changeType: 'deleted' }));
    expect(wordsOf(events).slice(2)).toEqual([]);
    expect(history.call.unreadCallbackId).toBe('n0');
    expect(unhandled).toEqual(['nobody expects «playpromptoperation» under this resource path']);
  });

  it('ends the call when it has the call too, or nothing', () => {
    for (const data of [[{ '@odata.type': '#microsoft.graph.call' }, stray], null, []])
      expect(wordsOf(folded(bodyOf(graphCallId, data, { changeType: 'deleted' })).events).slice(2)).toEqual(['terminated!']);
  });

  it('names another call than the attempt’s: then Graph is not asked', () => {
    const { unhandled, history } = folded(bodyOf('bbbbbbbb-0000-4000-8000-000000000000', stray, { changeType: 'deleted' }));
    expect(history.call.unreadCallbackId).toBeUndefined();
    expect(unhandled).toEqual(['a notification is about another call than the one that this attempt is bound to']);
  });

  it('ends no content sharing either', () => {
    const { events } = folded(bodyOf(graphCallId, stray, { below: '/contentSharingSessions/s', changeType: 'deleted' }));
    expect(wordsOf(events).slice(2)).toEqual([]);
  });
});

describe('a body of which nobody can handle a part', () => {
  const parts = ['hold', 'established'].map((state) => ({ resourceUrl: `calls/${graphCallId}`, resourceData: { state } }));
  const mixed = { value: [...parts, { resourceUrl: `calls/${graphCallId}/lobby`, resourceData: {} }] };

  it.each(['n1', null])('tells its other parts once, however often it is replayed (message id %s)', (messageId) => {
    const replayed = [1, 2].map(() => notification('n1', mixed, 1, messageId));
    const known = foldAll([accepted(), created(graphCallId), ...replayed, notification('n2', end), ...replayed]);
    expect(wordsOf(known.events).slice(2)).toEqual(['hold', 'established', 'terminated!']);
    expect(known.unhandled).not.toEqual([]);
  });

  it('leaves a mark of the notifications that are left, and not of the changes that this release reads in them', () => {
    const [first] = mixed.value;
    const value = [{ ...first, resourceData: [{ state: 'hold' }, { state: 'established' }] }, mixed.value[2]];
    const { seen } = foldAll([accepted(), created(graphCallId), notification('n1', { value }, 1, null)]).history.call;
    expect(seen).toEqual(['accepted', 'created-1', 'n1~1']);
  });

  it('takes up none of the parts that a release before has told, and all that it left', () => {
    const other = notification('n0', bodyOf(graphCallId, { state: 'transferring' }));
    const { history } = foldAll([accepted(), created(graphCallId), other]);
    // Its first part was told, by the index of the change.
    const before = { ...history, call: { ...history.call, seen: [...history.call.seen, 'n1#0'] } };
    const again = foldAll([notification('n1', mixed, 1, null)], before);
    expect(wordsOf(again.events)).toEqual(['established']);
    expect(again.history.call.seen.filter((mark) => mark.startsWith('n1'))).toEqual(['n1~2']);
  });

  it('forgets no other observation, however many parts of it are done', () => {
    const many = { value: [...Array.from({ length: 400 }, () => parts).flat(), mixed.value[2]] };
    const other = notification('n0', bodyOf(graphCallId, { state: 'hold' }));
    const observations = [accepted(), created(graphCallId), other, notification('n1', many)];
    const { events, history } = foldAll(observations);
    expect(foldAll([other, notification('n1', many)], history).events).toEqual([]);
    expect(events.length).toBeGreaterThan(800);
  });
});
