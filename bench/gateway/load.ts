import autocannon, { type Client, type Request, type Result } from 'autocannon';

export interface Load {
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadFigures {
  readonly answeredPerSecond: number;
  readonly p99Ms: number;
}

/** Different requests that a connection sends in turns. */
const REQUESTS_PER_CONNECTION = 100;

/**
 * Sends requests to a local port, one at a time on each connection, the next as soon as one is answered.
 * @throws Error when one of them is not answered with 2xx, since then the figures say nothing
 */
export async function sendLoad(port: number, next: () => Request, { connections, seconds }: Load): Promise<LoadFigures> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: seconds,
    setupClient: (client: Client) => {
      client.setRequests(Array.from({ length: REQUESTS_PER_CONNECTION }, next));
    },
  });
  requireAllAnswered(result);
  return { answeredPerSecond: result['2xx'] / result.duration, p99Ms: result.latency.p99 };
}

function requireAllAnswered({ non2xx, errors, timeouts, statusCodeStats }: Result): void {
  if (non2xx + errors + timeouts === 0) return;
  throw new Error(`not every request was answered: ${JSON.stringify({ non2xx, errors, timeouts, statusCodeStats })}`);
}
