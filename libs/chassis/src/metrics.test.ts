import { once } from 'node:events';
import fastify from 'fastify';
import { Registry } from 'prom-client';
import { Health } from './health.js';
import { measureRequests } from './http-server-metrics.js';
import { addCounter, processMetrics } from './metrics.js';

describe('processMetrics', () => {
  it('tells which build it is, and whether it is ready now', async () => {
    const health = new Health();
    health.started();
    let ok = true;
    health.addReadiness('example', () => ({ ok }));
    const registry = processMetrics('example', health);
    expect(await registry.metrics()).toMatch(/^callbus_build_info\{version="\d+\.\d+\.\d+",service="example"\} 1$/m);
    expect(await registry.getSingleMetricAsString('callbus_ready')).toMatch(/^callbus_ready 1$/m);
    ok = false;
    expect(await registry.getSingleMetricAsString('callbus_ready')).toMatch(/^callbus_ready 0$/m);
  });
});

describe('addCounter', () => {
  it('has all kinds before the first of one is counted', async () => {
    const registry = new Registry();
    const count = addCounter(registry, 'example_total', 'Examples', 'kind', ['good', 'bad']);
    count('bad');
    const text = await registry.metrics();
    expect(text).toContain('example_total{kind="good"} 0');
    expect(text).toContain('example_total{kind="bad"} 1');
  });
});

describe('measureRequests', () => {
  it('tells requests by their route, never by their address, and knows when one is over', async () => {
    const registry = new Registry();
    const server = fastify({ forceCloseConnections: true });
    measureRequests(server, registry);
    server.addHook('onRequest', (request, reply, done) => {
      if (request.headers.authorization === undefined) void reply.status(401).send();
      else done();
    });
    let gone: Promise<unknown> = Promise.resolve();
    server.get('/calls/:id', (_request, reply) => {
      gone = once(reply.raw, 'close');
      reply.hijack();
      reply.raw.write('more');
    });
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    await fetch(`${url}/calls/4711`);
    await fetch(`${url}/4711`, { headers: { authorization: 'x' } });
    const leaving = new AbortController();
    await fetch(`${url}/calls/4712`, { headers: { authorization: 'x' }, signal: leaving.signal });
    expect(await registry.metrics()).toMatch(/^http_server_active_requests 1$/m);
    leaving.abort();
    await gone;
    await server.close();
    const text = await registry.metrics();
    expect(text).toMatch(/^http_server_active_requests 0$/m);
    const counts = [...text.matchAll(/_count\{(.*)\} (\d+)/g)].map(([, labels, count]) => [labels, count]);
    const labels = (route: string, status: string): string =>
      `http_request_method="GET",http_route="${route}",http_response_status_code="${status}"`;
    expect(counts.toSorted()).toEqual([
      [labels('/calls/:id', '200'), '1'],
      [labels('/calls/:id', '401'), '1'],
      [labels('none', '404'), '1'],
    ]);
  });
});
