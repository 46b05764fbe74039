import { fixture, without } from '../testing/fixtures.js';
import { toGraphCall } from './to-graph-call.js';

const ours = 'https://callbacks.example.test/v1/callbacks/a/b/c/1/d';

describe('toGraphCall', () => {
  it('drops what only Graph sets, replaces the callback address and leaves all else as it is', () => {
    const call = fixture('create-call/seed-ex7-response');
    const sent = toGraphCall(call, ours);
    for (const name of [
      'id',
      'state',
      'mediaState',
      'resultInfo',
      'direction',
      'myParticipantId',
      'callRoutes',
      'toneInfo',
      'transcription',
    ]) {
      expect(sent).not.toHaveProperty(name);
    }
    expect(sent).toMatchObject({ callbackUri: ours, targets: call['targets'], routingPolicies: [], meetingCapability: null });
  });

  it('keeps members that no schema has, and does not change what it was given', () => {
    const call = fixture('create-call/seed-ex3-request');
    const before = structuredClone(call);
    expect(toGraphCall(call, ours)).toEqual({ ...without(before, 'direction'), callbackUri: ours });
    expect(call).toEqual(before);
  });

  it('drops annotations of ours, which older releases took into the ledger', () => {
    expect(toGraphCall({ '@callbus.notAfter': 'x', 'subject@callbus.note': 'y', 'targets@odata.count': 1 }, ours)).toEqual({
      'targets@odata.count': 1,
      callbackUri: ours,
    });
  });

  it('adds the callback address where there was none', () => {
    expect(toGraphCall({ subject: 'x' }, ours)).toEqual({ subject: 'x', callbackUri: ours });
  });
});
