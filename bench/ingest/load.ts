import autocannon, { type Client, type Result } from 'autocannon';
import type { RecordedCallbacks } from './recorded-callbacks.js';

export interface Load {
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadFigures {
  readonly acceptedPerSecond: number;
  readonly p99Ms: number;
}

/** Different callbacks that a connection sends in turns. */
const CALLBACKS_PER_CONNECTION = 40;

/**
 * Sends callbacks to a local port, one at a time on each connection, the next as soon as one is answered.
 * @throws Error when one of them is not answered with 2xx, since then the figures say nothing
 */
export async function sendLoad(port: number, callbacks: RecordedCallbacks, { connections, seconds }: Load): Promise<LoadFigures> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: seconds,
    setupClient: (client: Client) => {
      client.setRequests(callbacks.next(CALLBACKS_PER_CONNECTION).map((callback) => ({ method: 'POST', ...callback })));
    },
  });
  requireAllAccepted(result);
  return { acceptedPerSecond: result['2xx'] / result.duration, p99Ms: result.latency.p99 };
}

function requireAllAccepted({ non2xx, errors, timeouts, statusCodeStats }: Result): void {
  if (non2xx + errors + timeouts === 0) return;
  throw new Error(`not every callback was accepted: ${JSON.stringify({ non2xx, errors, timeouts, statusCodeStats })}`);
}
