import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, type Registry } from 'prom-client';

/** Counts and times the requests of a server; to be called before any other hook is added, so that none ends a request unseen. */
export function measureRequests(fastify: Pick<FastifyInstance, 'addHook'>, registry: Registry): void {
  const { active, duration } = httpServerMetrics(registry);
  fastify.addHook('onRequest', (request, reply, done) => {
    const end = duration.startTimer({ http_request_method: request.method });
    active.inc();
    // Also of an answer whose reader went away.
    reply.raw.once('close', () => {
      active.dec();
      end({ http_route: request.routeOptions.url ?? 'none', http_response_status_code: String(reply.raw.statusCode) });
    });
    done();
  });
}

/** OpenTelemetry's names. */
export function httpServerMetrics(registry: Registry): { readonly active: Gauge; readonly duration: Histogram } {
  const registers = [registry];
  return {
    active: new Gauge({ name: 'http_server_active_requests', help: 'Requests under way, long answers included', registers }),
    duration: new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Time from a request’s headers to the end of its answer; the route is «none» where there is no such address',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
      registers,
    }),
  };
}
