import type { TimelineRecord } from '@callbus/contracts';
import { Timeline } from './timeline.js';

const event = (type: string, data: Record<string, unknown>, timestampMs = 1_000): TimelineRecord => ({
  topic: 'events',
  type,
  data,
  timestampMs,
});

describe('Timeline', () => {
  it('counts milliseconds from the first record', () => {
    const timeline = new Timeline(false);
    const callId = '3f2a91c0-0000-4000-8000-000000000000';
    expect(timeline.line({ topic: 'commands', type: 'CreateCall', timestampMs: 5_000, data: { callId } })).toBe(
      `   +0 ms  commands         CreateCall              call ${callId}`,
    );
    const created = event('CallCreated', { attempt: 1, graphCallId: '0a1b2c3d4e5f', provenBy: 'response' }, 5_123);
    expect(timeline.line(created)).toMatch(
      /^ {1,2}\+123 ms {2}events {11}CallCreated {13}attempt 1, proven by response, Graph’s id 0a1b2c3d4e5f$/,
    );
  });

  it('is one line in its own colour, whatever Graph said', () => {
    const line = new Timeline(true).line(
      event('CallCreationFailed', { reason: 'rejected', error: { message: '\u001b[31mno\nyes' } }),
    );
    expect(line.split('\u001b')).toEqual(['', expect.stringMatching(/^\[32m.*\\u001b\[31mno\\u000ayes$/), '[0m']);
  });

  it('names participants as the roster names them', () => {
    const timeline = new Timeline(false);
    const john = { id: 'p-1', info: { identity: { user: { displayName: 'John' } } } };
    expect(timeline.line(event('RosterUpdated', { participants: [john], joined: ['p-1'], left: [] }))).toContain(
      'John (joined: John)',
    );
    expect(timeline.line(event('RosterUpdated', { participants: [], left: ['p-1'] }))).toContain('nobody (left: John)');
  });

  it('shows in a few words what an observation or a ledger record says', () => {
    const body = JSON.stringify({ value: [{ resourceData: { state: 'established' } }] });
    const shown = (topic: string, type: string, data: Record<string, unknown>) =>
      new Timeline(false).line({ topic, type, data, timestampMs: 0 }).replaceAll(/ +/g, ' ');
    expect(shown('observations', 'notification', { body, attempt: 1 })).toBe(
      ' +0 ms observations notification established, attempt 1',
    );
    expect(shown('observations', 'outcome', { outcome: 'created', attempt: 1 })).toContain('outcome created, attempt 1');
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
