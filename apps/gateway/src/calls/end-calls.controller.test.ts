import { randomUUID } from 'node:crypto';
import {
  CALL,
  eachTestHasGateway,
  errorOf,
  gateway,
  idOf,
  know,
  OTHER_TENANT_ID,
  start,
  startPatient,
  TENANT_ID,
} from '../testing/known-callers.js';

eachTestHasGateway();

describe('a call', () => {
  it('is ended by either id, and before it is known', async () => {
    const graphCallId = randomUUID();
    const [callId, unknownId] = [know({ graphCallId }), randomUUID()];
    for (const id of [callId, graphCallId, unknownId.replaceAll('-', '')])
      expect((await gateway.ask('DELETE', `/${id}`)).status).toBe(202);
    expect(gateway.commands.map(({ type, data }) => [type, data])).toEqual(
      [callId, callId, unknownId].map((id) => ['EndCall', { callId: id, tenantId: TENANT_ID }]),
    );
  });

  const ends = (): unknown[] => gateway.commands.filter(({ type }) => type === 'EndCall').map(({ data }) => data);

  it('that was accepted and is not known yet is ended in each tenant that its caller may act in, and in no other', async () => {
    for (const [token, tenants] of [
      ['elsewhere', [TENANT_ID]],
      ['both', [TENANT_ID, OTHER_TENANT_ID]],
    ] as const) {
      const callId = idOf(await gateway.ask('POST', '', { token, body: CALL }));
      expect((await gateway.ask('DELETE', `/${callId}`, { token })).status).toBe(202);
      expect(ends().splice(-tenants.length)).toEqual(tenants.map((tenantId) => ({ callId, tenantId })));
    }
    expect(ends()).toHaveLength(3);
  });

  it('that is not known yet is not looked for in more tenants than a few, or in none: 404 says when to come back', async () => {
    const id = randomUUID();
    for (const token of ['everywhere', 'nowhere']) {
      const answer = await gateway.ask('DELETE', `/${id}`, { token });
      expect([answer.status, answer.headers.get('retry-after'), ends()]).toEqual([404, '1', []]);
    }
    know({}, { callId: id });
    expect((await gateway.ask('DELETE', `/${id}`, { token: 'everywhere' })).status).toBe(202);
    expect(ends()).toEqual([{ callId: id, tenantId: TENANT_ID }]);
  });

  it('is refused with 429 and Retry-After when its caller has ended too many unknown calls in this minute', async () => {
    await gateway.stop();
    await start({ unknownEndsPerMinute: 2 });
    const statuses = async (count: number, id: () => string, token?: string): Promise<number[]> => {
      const answers: number[] = [];
      for (let asked = 0; asked < count; asked += 1)
        answers.push((await gateway.ask('DELETE', `/${id()}`, token === undefined ? {} : { token })).status);
      return answers;
    };
    expect(await statuses(3, randomUUID)).toEqual([202, 202, 429]);
    const refused = await gateway.ask('DELETE', `/${randomUUID()}`);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(errorOf(refused)['code']).toBe('TooManyRequests');
    // The limit does not apply to known calls, to other callers, or to calls that the caller may not end.
    const [own, others] = [know(), know({ tenantId: OTHER_TENANT_ID })];
    expect(await statuses(4, () => own)).toEqual([202, 202, 202, 202]);
    expect(await statuses(1, () => others)).toEqual([404]);
    expect(await statuses(1, randomUUID, 'both')).toEqual([202]);
  });

  it('is waited for before it is ended', async () => {
    const callId = randomUUID();
    await startPatient(() => know({}, { callId }));
    expect((await gateway.ask('DELETE', `/${callId}`, { token: 'both' })).status).toBe(202);
    expect(ends()).toEqual([{ callId, tenantId: TENANT_ID }]);
  });
});
