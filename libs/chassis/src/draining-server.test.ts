import fastify from 'fastify';
import { sendAwayWhileDraining } from './draining-server.js';
import { Health } from './health.js';

it('keeps connections until the process drains, and from then on ends each with its next answer, whatever that is', async () => {
  const health = new Health();
  const server = fastify();
  sendAwayWhileDraining(server, health);
  server.get('/', () => 'here');
  server.get('/slow', () => {
    health.drain();
    return 'here';
  });
  const connectionAfter = async (url: string): Promise<unknown> => (await server.inject(url)).headers.connection;
  expect(await connectionAfter('/')).not.toBe('close');
  expect(await connectionAfter('/slow')).toBe('close');
  expect([await connectionAfter('/'), await connectionAfter('/nowhere')]).toEqual(['close', 'close']);
  await server.close();
});
