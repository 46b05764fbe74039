import { readFileSync } from 'node:fs';
import { decodeSnapshot, type FoldedCall } from '@callbus/contracts';
import { callAnswer, callResource } from './call-resource.js';
import { knownCallOf } from './known-call.js';

const SNAPSHOT = decodeSnapshot(
  readFileSync(new URL('../../../../libs/contracts/fixtures/snapshots/snapshot.json', import.meta.url)),
);
const of = (changes: Partial<FoldedCall>): object =>
  callResource(knownCallOf({ ...SNAPSHOT, call: { ...SNAPSHOT.call, ...changes } }));

describe('a call, read', () => {
  it('has our id and Graph’s members, and never the address of its callbacks', () => {
    const call = { id: 'graph', callbackUri: 'https://ingest/v1/callbacks/secret', subject: 'Alert', '@odata.context': 'x' };
    const resource = of({ call });
    expect(resource).toMatchObject({
      id: SNAPSHOT.callId,
      graphCallId: SNAPSHOT.call.graphCallId,
      subject: 'Alert',
      state: 'established',
      participants: [{ id: 'p1' }],
      callbus: { sequence: 3 },
    });
    expect(JSON.stringify(resource)).not.toContain('callbacks');
    expect(resource).not.toHaveProperty('@odata.context');
  });

  it('has the OData context of Graph’s answer where it is the answer, and not in a list', () => {
    const known = knownCallOf({ ...SNAPSHOT, call: { ...SNAPSHOT.call, call: { '@odata.context': 'x' } } });
    expect(callAnswer(known)).toEqual({ ...callResource(known), '@odata.context': 'x' });
  });

  it('has the state null before Graph has created it, and terminated when it failed', () => {
    expect(of({ state: null, phase: 'accepted', call: null })).toMatchObject({ state: null });
    expect(of({ state: null, phase: 'failed', call: null })).toMatchObject({ state: 'terminated' });
  });

  it('has the state and the details of Graph’s answer until Graph notifies of others', () => {
    const call = { state: 'establishing', mediaState: { audio: 'inactive' }, resultInfo: { code: 0 }, terminationReason: 'x' };
    const details = { mediaState: null, resultInfo: null, terminationReason: null };
    expect(of({ state: null, phase: 'created', call, ...details })).toMatchObject(call);
    expect(of({ state: 'established', phase: 'created', call, ...details })).toMatchObject({ state: 'established', ...details });
    expect(of({ state: null, phase: 'created', call: null, ...details })).toMatchObject({ state: 'establishing', ...details });
  });
});
