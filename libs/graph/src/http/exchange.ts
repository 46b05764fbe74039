/** One request to Graph or to the token endpoint, and how it went. */
export interface Exchange {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Its path, with placeholders for ids. */
  readonly urlTemplate: string;
  /** null: no answer came, or it was not even sent. */
  readonly status: number | null;
  readonly durationMs: number;
}

export type OnExchange = (exchange: Exchange) => void;

/** Tells of a request when it is over, however it ends. @param statusOf the status of its answer, where one came */
export async function timed<T>(
  { method, urlTemplate }: Pick<Exchange, 'method' | 'urlTemplate'>,
  onExchange: OnExchange | undefined,
  request: () => Promise<T>,
  statusOf: (answer: T) => number | null,
): Promise<T> {
  const begunAtMs = performance.now();
  let status: number | null = null;
  try {
    const answer = await request();
    status = statusOf(answer);
    return answer;
  } finally {
    onExchange?.({ method, urlTemplate, status, durationMs: performance.now() - begunAtMs });
  }
}
