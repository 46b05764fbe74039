import { Registry } from 'prom-client';
import { Health } from './health.js';
import { ManagementServer } from './management-server.js';

let health: Health;
let isKafkaThere: boolean;

beforeEach(() => {
  health = new Health();
  isKafkaThere = true;
  health.addReadiness('kafka', () => (isKafkaThere ? { ok: true } : { ok: false, reason: 'no broker answers' }));
  health.addLiveness('loop', () => ({ ok: true }));
});

it('has started once and for all, and is ready only while every condition holds', () => {
  expect([health.startup().ok, health.ready().ok]).toEqual([false, false]);
  health.started();
  expect([health.startup().ok, health.ready().ok]).toEqual([true, true]);
  isKafkaThere = false;
  expect([health.startup().ok, health.ready().ok, health.live().ok]).toEqual([true, false, true]);
});

it('names the current step of the start until the start is over', () => {
  health.starting(() => 'reading calls.snapshots: 3 of 9 records');
  const conditions = { started: { ok: false, reason: 'reading calls.snapshots: 3 of 9 records' } };
  expect(health.startup()).toEqual({ ok: false, conditions });
  health.started();
  expect(health.startup()).toEqual({ ok: true, conditions: { started: { ok: true } } });
});

it('is not ready any more once it drains, and says so beside the rest', () => {
  health.started();
  health.drain();
  expect(health.ready()).toEqual({
    ok: false,
    conditions: { started: { ok: true }, kafka: { ok: true }, draining: { ok: false, reason: 'the process is shutting down' } },
  });
  expect(health.live().ok).toBe(true);
});

it('is told by the management port with 200 or 503, and with the reasons', async () => {
  const server = new ManagementServer('example', health, new Registry());
  const port = await server.listen(0, '127.0.0.1');
  const ask = async (path: string): Promise<unknown[]> => {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return [response.status, await response.json()];
  };
  const starting = { started: { ok: false, reason: 'the service is still starting' } };
  expect(await ask('/startupz')).toEqual([503, { service: 'example', ok: false, conditions: starting }]);
  expect(await ask('/livez')).toEqual([200, { service: 'example', ok: true, conditions: { loop: { ok: true } } }]);
  health.started();
  isKafkaThere = false;
  const conditions = { started: { ok: true }, kafka: { ok: false, reason: 'no broker answers' } };
  expect(await ask('/readyz')).toEqual([503, { service: 'example', ok: false, conditions }]);
  expect((await ask('/healthz'))[0]).toBe(404);
  await server.close();
});
