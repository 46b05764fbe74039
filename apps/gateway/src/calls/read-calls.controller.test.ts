import { randomUUID } from 'node:crypto';
import { eachTestHasGateway, errorOf, gateway, know, OTHER_TENANT_ID, SNAPSHOT } from '../testing/known-callers.js';

eachTestHasGateway();

describe('a call', () => {
  it('is read by our id and by Graph’s, however that is written', async () => {
    const graphCallId = randomUUID();
    const callId = know({ graphCallId, state: 'established' });
    for (const id of [
      callId,
      callId.toUpperCase(),
      callId.replaceAll('-', ''),
      `%7B${callId}%7D`,
      graphCallId,
      graphCallId.replaceAll('-', '').toUpperCase(),
    ]) {
      const answer = await gateway.ask('GET', `/${id}`);
      expect(answer).toMatchObject({
        status: 200,
        body: { id: callId, graphCallId, state: 'established', participants: [{ id: 'p1' }] },
      });
    }
  });

  it('shows who takes part', async () => {
    const all = await gateway.ask('GET', `/${know()}/participants`);
    expect(all).toMatchObject({ status: 200, body: { value: SNAPSHOT.call.participants } });
    const some = await gateway.ask('GET', `/${know({ participantsTruncated: 7 })}/participants`);
    expect(some.body['@callbus.truncated']).toBe(7);
  });

  it.each(['not-an-id', 'a'.repeat(64), '..%2f..%2fusers', '%00', '%0d%0a', '%e2%80%ae'])(
    'that is called %s is none',
    async (id) => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await gateway.ask(method, `/${id}`);
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([404, null]);
      }
      expect(gateway.commands).toEqual([]);
    },
  );
});

describe('the list of calls', () => {
  it('comes in pages whose links lead through all of it once', async () => {
    const ids = Array.from({ length: 5 }, () => know());
    know({ tenantId: OTHER_TENANT_ID });
    const found: string[] = [];
    const sizes: number[] = [];
    let link: unknown = '?$top=2';
    while (typeof link === 'string') {
      const { status, body } = await gateway.ask('GET', link);
      expect(status).toBe(200);
      const page = body['value'] as { id: string }[];
      sizes.push(page.length);
      found.push(...page.map(({ id }) => id));
      link = body['@odata.nextLink'];
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(found).toEqual(ids.toSorted());
  });

  it('is filtered by state, on every page', async () => {
    const established = [know(), know(), know()].toSorted();
    know({ state: 'terminated', phase: 'ended' });
    const failed = know({ state: null, phase: 'failed' });
    const waiting = know({ state: null, phase: 'accepted' });
    const idsFor = async (filter: string): Promise<string[]> => {
      const query = `?$top=2&$filter=${encodeURIComponent(filter)}`;
      const first = (await gateway.ask('GET', query)).body;
      const link = first['@odata.nextLink'];
      const second = typeof link === 'string' ? (await gateway.ask('GET', link)).body : { value: [] };
      return [first, second].flatMap(({ value }) => (value as { id: string }[]).map(({ id }) => id));
    };
    expect(await idsFor("state eq 'established'")).toEqual(established);
    expect(await idsFor('state eq null')).toEqual([waiting]);
    expect(await idsFor("state eq 'terminated' or state eq null")).toHaveLength(3);
    expect(await idsFor("state eq 'Terminated'")).toContain(failed);
  });

  it('refuses a question that it does not understand', async () => {
    const answer = await gateway.ask('GET', '?$orderby=state');
    expect([answer.status, errorOf(answer)['message']]).toEqual([400, expect.stringContaining('$orderby')]);
  });
});
