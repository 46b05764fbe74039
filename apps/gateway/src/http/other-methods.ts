import type { FastifyInstance } from 'fastify';
import { methodNotAllowed } from './api-error.js';

/**
 * Takes down which methods each path has, from now on.
 * @returns what lets the path refuse the others, with the list; for when all routes are there
 */
export function watchMethods(fastify: FastifyInstance): () => void {
  const methodsOf = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }) => {
    methodsOf.set(url, new Set([...(methodsOf.get(url) ?? []), ...[method].flat()]));
  });
  return () => {
    for (const [url, methods] of [...methodsOf]) {
      const refuse = (): Promise<never> => Promise.reject(methodNotAllowed([...methods]));
      const others = fastify.supportedMethods.filter((method) => !methods.has(method));
      fastify.route({ url, method: others, onRequest: refuse, handler: refuse });
    }
  };
}
