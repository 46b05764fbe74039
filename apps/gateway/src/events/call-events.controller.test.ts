import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { partitionOf } from '@callbus/contracts';
import { KafkaError } from '@callbus/kafka';
import { eachTestHasGateway, gateway, know, start, startPatient } from '../testing/known-callers.js';

eachTestHasGateway();

describe('a call’s history', () => {
  const sequencesOf = (body: Record<string, unknown>): string[] =>
    (body['value'] as { sequence: string }[]).map(({ sequence }) => sequence);
  const written = (callId: string, ...sequences: number[]): void => {
    for (const sequence of sequences) gateway.writeEvent(callId, sequence);
  };

  it('is read up to what is known, each event once, whatever else is in the partition', async () => {
    const callId = know({}, { sequence: 3 });
    written(callId, 1, 2);
    written(randomUUID(), 1);
    // Written a second time by a process that had lost its partition.
    written(callId, 1, 2, 3, 3);
    const { status, body } = await gateway.ask('GET', `/${callId}/events`);
    expect([status, sequencesOf(body)]).toEqual([200, ['0000000001', '0000000002', '0000000003']]);
    expect(body).not.toHaveProperty('@odata.nextLink');
    expect(gateway.following).toBe(0);
  });

  it('is looked for in its partition, from a day before the call had to be dialled on, with time for clocks that differ', async () => {
    const ids = [know({ notAfter: '2026-11-24T12:00:00.000Z' }), know({ notAfter: null })];
    for (const callId of ids) await gateway.ask('GET', `/${callId}/events`);
    expect(gateway.followed.map(({ fromMs }) => fromMs)).toEqual([Date.parse('2026-11-23T11:00:00.000Z'), undefined]);
    expect(gateway.followed.map(({ partitions }) => partitions)).toEqual(ids.map((callId) => [partitionOf(callId, 12)]));
  });

  it('comes in pages', async () => {
    const callId = know({}, { sequence: 5 });
    written(callId, 1, 2, 3, 4, 5);
    const pages: string[][] = [];
    let link: unknown = `/${callId}/events?$top=2`;
    while (typeof link === 'string') {
      const { body } = await gateway.ask('GET', link);
      pages.push(sequencesOf(body));
      link = body['@odata.nextLink'];
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(gateway.following).toBe(0);
  });

  it('comes in pages of a few MiB when its events are huge', async () => {
    const callId = know({}, { sequence: 3 });
    for (const sequence of [1, 2, 3]) gateway.writeEvent(callId, sequence, { text: 'x'.repeat(5 * 1024 * 1024) });
    const { body } = await gateway.ask('GET', `/${callId}/events`);
    expect(sequencesOf(body)).toHaveLength(2);
    expect(body['@odata.nextLink']).toContain('skiptoken=2');
  });

  it.each(['$skiptoken=x', '$skiptoken=-1', '$top=0'])('with %s is refused', async (query) => {
    expect((await gateway.ask('GET', `/${know()}/events?${query}`)).status).toBe(400);
  });

  it('is not had while too many are read, and 503 says when to come back', async () => {
    const callId = know();
    const streams = [await openStream(callId), await openStream(callId)];
    const answer = await gateway.ask('GET', `/${callId}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    for (const stream of streams) await stream.close();
    await eventually(() => gateway.following === 0);
    expect((await gateway.ask('GET', `/${callId}/events`)).status).toBe(200);
  });

  it('is not had by a caller that reads many already, and by others it is: 429 says when to come back', async () => {
    await gateway.stop();
    await start({ maxEventReadersPerCaller: 1 });
    const callId = know();
    written(callId, 1);
    const stream = await openStream(callId);
    const answer = await gateway.ask('GET', `/${callId}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2']);
    expect((await gateway.ask('GET', `/${callId}/events`, { token: 'both' })).status).toBe(200);
    await stream.close();
    await eventually(() => gateway.following === 0);
  });

  it('takes its place from the caller with the most live histories when all are taken', async () => {
    await gateway.stop();
    await start({ maxEventReaders: 4, maxEventReadersPerCaller: 2 });
    const callId = know();
    const streams = [];
    for (const token of ['owner', 'both', 'owner', 'both']) streams.push(await openStream(callId, {}, token));
    const third = await openStream(callId, {}, 'elsewhere');
    await streams[0]?.until(': ');
    expect(await streams[0]?.ended()).toBe(true);
    await eventually(() => gateway.following === 4);
    // Owner has one now, both two, and elsewhere one.
    const answer = await gateway.ask('GET', `/${callId}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    for (const stream of [...streams.slice(1), third]) await stream.close();
    await eventually(() => gateway.following === 0);
  });

  it('is not had while Kafka does not give it, and 503 says when to come back', async () => {
    gateway.whyNoReader = new KafkaError('FOLLOWER_LATE', 'Kafka did not answer.');
    const answer = await gateway.ask('GET', `/${know()}/events`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  });

  async function openStream(callId: string, headers: Record<string, string> = {}, token = 'owner') {
    const abort = new AbortController();
    const response = await gateway.fetch('GET', `/${callId}/events`, {
      headers: { accept: 'text/event-stream', ...headers },
      token,
      signal: abort.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    return {
      until: async (part: string): Promise<string> => {
        while (!text.includes(part)) {
          const chunk = await reader?.read();
          if (chunk?.done !== false) throw new Error(`the stream ended without ${part}: ${text}`);
          text += chunk.value;
        }
        return text;
      },
      ended: async (): Promise<boolean> => (await reader?.read())?.done ?? true,
      close: async () => {
        await reader?.cancel();
        abort.abort();
      },
    };
  }

  async function eventually(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('is told live: first what there is, then what comes', async () => {
    const callId = know();
    written(callId, 1);
    const stream = await openStream(callId);
    const first = await stream.until('id: 0000000001\n');
    expect(first).toMatch(/^: /);
    written(callId, 1, 2);
    const both = await stream.until('id: 0000000002\n');
    expect(both.match(/^id: /gm)).toHaveLength(2);
    const [, json = ''] = /^event: CallStateChanged\ndata: (.*)\n\n/m.exec(both) ?? [];
    expect(JSON.parse(json)).toMatchObject({ type: 'CallStateChanged', sequence: '0000000001' });
    await stream.close();
    await eventually(() => gateway.following === 0);
  });

  it('is not begun for a reader that hung up while the call was waited for', async () => {
    const [callId, abort] = [randomUUID(), new AbortController()];
    await startPatient(() => {
      abort.abort();
    });
    const gone = Promise.withResolvers<undefined>();
    const onRequest = (message: unknown): void => {
      (message as { response: ServerResponse }).response.once('close', gone.resolve);
    };
    subscribe('http.server.request.start', onRequest);
    const headers = { accept: 'text/event-stream' };
    await expect(gateway.fetch('GET', `/${callId}/events`, { headers, signal: abort.signal })).rejects.toThrow(/abort/);
    await gone.promise;
    unsubscribe('http.server.request.start', onRequest);
    know({}, { callId });
    await new Promise((resolve) => setImmediate(resolve));
    expect([gateway.followed, gateway.following]).toEqual([[], 0]);
  });

  it('goes on after the Last-Event-ID', async () => {
    const callId = know();
    written(callId, 1, 2, 3);
    const stream = await openStream(callId, { 'last-event-id': '0000000002' });
    expect(await stream.until('id: 0000000003\n')).not.toContain('id: 0000000002');
    await stream.close();
    const refused = await gateway.ask('GET', `/${callId}/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': 'x' },
    });
    expect(refused.status).toBe(400);
  });

  it('ends its stream when Kafka fails it: the reader comes back', async () => {
    const stream = await openStream(know());
    await stream.until(': ');
    gateway.failReaders(new Error('gone'));
    await expect(stream.ended()).rejects.toThrow();
    await eventually(() => gateway.following === 0);
  });
});
