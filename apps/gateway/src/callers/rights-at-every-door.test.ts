import { randomUUID } from 'node:crypto';
import {
  CALL,
  eachTestHasGateway,
  errorOf,
  gateway,
  know,
  MEDIA_CALL,
  OTHER_TENANT_ID,
  start,
} from '../testing/known-callers.js';

eachTestHasGateway();

describe('a caller’s rights', () => {
  it('are asked for at every door', async () => {
    const callId = know();
    const doors = [
      ['POST', '', 'reader'],
      ['GET', '', 'creator'],
      ['GET', `/${callId}`, 'creator'],
      ['GET', `/${callId}/participants`, 'creator'],
      ['GET', `/${callId}/events`, 'creator'],
      ['DELETE', `/${callId}`, 'reader'],
    ] as const;
    for (const [method, path, token] of doors) {
      const body = method === 'POST' ? { body: CALL } : {};
      expect([method, path, (await gateway.ask(method, path, { token, ...body })).status]).toEqual([method, path, 403]);
    }
    expect(gateway.commands).toEqual([]);
  });

  it('end at other tenants, whose calls do not exist for it, by whichever id', async () => {
    const graphCallId = randomUUID();
    const callId = know({ graphCallId });
    for (const id of [callId, graphCallId]) {
      for (const path of ['', '/participants', '/events']) {
        expect((await gateway.ask('GET', `/${id}${path}`, { token: 'other' })).status).toBe(404);
      }
      expect((await gateway.ask('DELETE', `/${id}`, { token: 'other' })).status).toBe(404);
    }
    expect((await gateway.ask('GET', '', { token: 'other' })).body['value']).toEqual([]);
    expect((await gateway.ask('POST', '', { token: 'other', body: CALL })).status).toBe(403);
    expect(gateway.commands).toEqual([]);
  });

  it('end there without a sign that the call exists: neither what is answered nor when tells it from none', async () => {
    await gateway.stop();
    await start({ waitForCallMs: 100 });
    const graphCallId = randomUUID();
    for (const id of [know({ graphCallId }), graphCallId, randomUUID()]) {
      const asked = performance.now();
      const answer = await gateway.ask('GET', `/${id}`, { token: 'other' });
      expect([answer.status, answer.headers.get('retry-after'), errorOf(answer)['message']]).toEqual([
        404,
        '1',
        'There is no such call.',
      ]);
      expect(performance.now() - asked).toBeGreaterThan(90);
    }
  });

  it('reach to every tenant that is listed for it', async () => {
    const ids = [know(), know({ tenantId: OTHER_TENANT_ID })];
    const list = await gateway.ask('GET', '', { token: 'both' });
    expect((list.body['value'] as { id: string }[]).map(({ id }) => id)).toEqual(ids.toSorted());
  });

  it('do not reach to media on hosts that are not listed', async () => {
    expect((await gateway.ask('POST', '', { body: MEDIA_CALL })).status).toBe(202);
    const preFetchMedia = [{ ...MEDIA_CALL.mediaConfig.preFetchMedia[0], uri: 'https://169.254.169.254/latest' }];
    const answer = await gateway.ask('POST', '', {
      body: { ...MEDIA_CALL, mediaConfig: { ...MEDIA_CALL.mediaConfig, preFetchMedia } },
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)['details']).toMatchObject([{ target: 'mediaConfig.preFetchMedia[0].uri' }]);
    // Who may not call in the tenant does not learn which hosts are listed.
    const foreign = await gateway.ask('POST', '', {
      body: { ...MEDIA_CALL, mediaConfig: { ...MEDIA_CALL.mediaConfig, preFetchMedia } },
      token: 'other',
    });
    expect(foreign.status).toBe(403);
    expect(gateway.commands).toHaveLength(1);
  });
});
