import type { FastifyInstance } from 'fastify';
import type { Health } from './health.js';

/**
 * While the process drains, each answer is the last on its connection, so that its client’s next request goes to a process
 * that stays: one that comes on a kept connection just as that is closed is lost.
 */
export function sendAwayWhileDraining(fastify: Pick<FastifyInstance, 'addHook'>, health: Pick<Health, 'isDraining'>): void {
  // Not at the request: it may have come before the drain.
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (health.isDraining()) void reply.header('connection', 'close');
    done(null, payload);
  });
}
