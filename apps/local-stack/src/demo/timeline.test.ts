import { displayName } from './participant-name.js';
import type { TimelineRecord } from './timeline-record.js';
import { Timeline } from './timeline.js';

const event = (type: string, data: Record<string, unknown>, timestampMs = 1_000): TimelineRecord => ({
  topic: 'events',
  type,
  data,
  timestampMs,
});
const john = {
  id: 'p-1',
  info: { identity: { '@odata.type': '#microsoft.graph.identitySet', user: { id: 'u-1', displayName: 'John' } } },
};
const bob = { id: 'p-2', info: { identity: { user: { id: 'u-2', displayName: 'Bob' } } } };

describe('Timeline', () => {
  it('counts milliseconds from the first record and cuts ids to eight characters', () => {
    const timeline = new Timeline(false);
    const callId = '3f2a91c0-0000-4000-8000-000000000000';
    expect(timeline.line({ topic: 'commands', type: 'CreateCall', timestampMs: 5_000, data: { callId } })).toBe(
      '   +0 ms  commands         CreateCall                                            call 3f2a91c0',
    );
    const created = event('CallCreated', { attempt: 1, graphCallId: '0a1b2c3d4e5f', provenBy: 'response' }, 5_123);
    expect(timeline.line(created)).toMatch(
      /^ {1,2}\+123 ms {2}events .* created .* attempt 1, Graph’s id 0a1b2c3d, proven by response$/,
    );
  });

  it('is one line in its own colour, whatever Graph said', () => {
    const line = new Timeline(true).line(
      event('CallCreationFailed', { reason: 'rejected', error: { message: '\u001b[31mno\nyes' } }),
    );
    expect(line.split('\u001b')).toEqual(['', expect.stringMatching(/^\[32m.*\\u001b\[31mno\\u000ayes$/), '[0m']);
  });

  it('shows a change of state with media, result and whether it is the last', () => {
    const line = new Timeline(false).line(
      event('CallStateChanged', {
        previousState: 'established',
        state: 'terminated',
        mediaState: { audio: 'inactive' },
        resultInfo: { code: 200, subcode: 4521, meaning: 'the other side ended the call' },
        final: true,
      }),
    );
    expect(line).toContain('established → terminated');
    expect(line).toContain('audio inactive, 200/4521 the other side ended the call, final');
  });

  it('names participants, also one that has left', () => {
    const timeline = new Timeline(false);
    expect(timeline.line(event('RosterUpdated', { participants: [john, bob], joined: ['p-1', 'p-2'], left: [] }))).toContain(
      'John, Bob (joined: John, Bob)',
    );
    expect(timeline.line(event('RosterUpdated', { participants: [john], joined: [], left: ['p-2'] }))).toContain(
      'John (left: Bob)',
    );
    expect(timeline.line(event('RosterUpdated', { participants: [], left: ['p-1'] }))).toContain('nobody (left: John)');
  });

  it('counts the names where there are many, and those that were cut', () => {
    const participants = Array.from({ length: 9 }, (_one, index) => ({ id: `p-${index}` }));
    const joined = participants.map(({ id }) => id);
    expect(new Timeline(false).line(event('RosterUpdated', { participants, joined, left: [], truncated: 3 }))).toContain(
      '9 participants (joined: 9 participants), 3 more',
    );
  });

  it.each([
    [
      'CallOperationUpdated',
      {
        operation: {
          '@odata.type': '#microsoft.graph.recordOperation',
          status: 'Failed',
          resultInfo: { code: 400, subcode: 8508, meaning: 'the operation was cancelled' },
        },
        late: true,
      },
      'record Failed, 400/8508 the operation was cancelled, late',
    ],
    ['CallOperationUpdated', { operation: { status: 7, resultInfo: 'odd' } }, 'CallOperationUpdated'],
    ['CallToneReceived', { toneInfo: { sequenceId: 1, tone: 'tone1' } }, 'tone1'],
    ['ContentSharingChanged', { changeType: 'created', contentSharingSessions: [{ id: 's' }] }, 'created'],
    ['RosterUpdated', { participants: [{ id: 7, info: { identity: { user: { id: 7, displayName: {} } } } }] }, 'participant'],
  ])('shows what else Graph tells of a call: %s %j', (type, data, shown) => {
    expect(new Timeline(false).line(event(type, data))).toContain(shown);
  });

  it('shows why a call failed', () => {
    const error = { httpStatus: 403, code: '7504', message: 'Insufficient permissions' };
    expect(new Timeline(false).line(event('CallCreationFailed', { reason: 'rejected', error }))).toContain(
      'rejected, 403 7504 Insufficient permissions',
    );
  });

  it('shows in a few words what an observation or a ledger record says', () => {
    const body = JSON.stringify({ value: [{ resourceData: { state: 'established' } }] });
    const shown = (topic: string, type: string, data: Record<string, unknown>) =>
      new Timeline(false).line({ topic, type, data, timestampMs: 0 }).replaceAll(/ +/g, ' ');
    expect(shown('observations', 'notification', { body, attempt: 1 })).toBe(
      ' +0 ms observations notification established attempt 1',
    );
    expect(shown('observations', 'outcome', { outcome: 'created', attempt: 1 })).toContain('outcome created attempt 1');
    expect(shown('dispatch-ledger', 'Unknown', { attempt: 2, why: 'reset' })).toContain('Unknown attempt 2, reset');
  });

  it('shows a record of a type that it does not know', () => {
    expect(new Timeline(false).line(event('SomethingNew', { any: [1] }))).toContain('SomethingNew');
  });

  it('uses colours only where they are wanted', () => {
    const record = event('CallAccepted', { kind: 'peer' });
    expect(new Timeline(false).line(record)).not.toContain('\u001b');
    expect(new Timeline(true).line(record)).toContain('\u001b[32m');
  });
});

describe('the end of a call', () => {
  const endAfter = (...records: TimelineRecord[]) => {
    const timeline = new Timeline(false);
    return records.map((record) => timeline.endAfter(record)).at(-1);
  };
  const established = event('CallStateChanged', { state: 'established' });
  const terminated = event('CallStateChanged', { state: 'terminated', final: true });

  it('is good when the call was established and its final event is there', () => {
    expect(endAfter(established)).toBeUndefined();
    expect(endAfter(established, terminated)).toMatchObject({ isWell: true });
  });

  it('is not good when it was never established, could not be created, or nobody knows', () => {
    expect(endAfter(terminated)).toMatchObject({ isWell: false });
    expect(endAfter(event('CallCreationFailed', { reason: 'expired' }))).toEqual({
      isWell: false,
      why: 'it was not created: expired',
    });
    expect(endAfter(event('CallOutcomeUnknown', { parked: false }))).toBeUndefined();
    expect(endAfter(event('CallOutcomeUnknown', { parked: true }))).toMatchObject({ isWell: false });
  });

  it('is told by events alone, whatever other topics say', () => {
    expect(endAfter({ ...established }, { ...terminated, topic: 'observations' })).toBeUndefined();
  });
});

describe('displayName', () => {
  it.each([
    [john, 'John'],
    [{ id: 'p', info: { identity: { user: null, phone: { id: '+12345678901' } } } }, 'phone +1234567'],
    [
      { id: 'participant-9', info: { identity: { application: { id: 'abcdefghijk', displayName: null } } } },
      'application abcdefgh',
    ],
    [{ id: 'participant-9', info: null }, 'participant particip'],
    [{}, 'participant '],
  ])('of %j is %s', (participant, name) => {
    expect(displayName(participant)).toBe(name);
  });
});
