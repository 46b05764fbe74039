import type { FastifyRequest } from 'fastify';

export const CALLS_PATH = 'v1.0/communications/calls';

/** What to tell those who ask at another path: `/beta`, `/communication/calls`, `/v1.0/app/calls`, an action of Graph's. */
export const PATHS_HINT = `Calls are at /${CALLS_PATH} and /${CALLS_PATH}/{id}; below a call are /participants and /events.`;

/** The addresses that callers are told. */
export class CallUrls {
  /** @param publicUrl by default the address that the request itself was sent to */
  constructor(private readonly publicUrl: string | undefined) {}

  /** @param below the address of all calls */
  of(request: FastifyRequest, below: string, query: Readonly<Record<string, string>> = {}): string {
    const base = this.publicUrl?.replace(/(?<!\/)\/+$/, '') ?? `${request.protocol}://${request.host}`;
    const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${base}/${CALLS_PATH}${below}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
  }
}
