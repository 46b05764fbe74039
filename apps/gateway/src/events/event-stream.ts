import { formatSequence } from '@callbus/contracts';
import type { EventReader, HistoryEvent } from './event-reader.js';

export interface EventStreamOptions {
  /** A sign of life is sent after so much silence. */
  readonly heartbeatMs: number;
  /** The stream ends after so long; the client comes back, with a token that is checked anew. */
  readonly lifeMs: number;
}

/**
 * A call’s events as server-sent events: `id` is the sequence, which comes back as Last-Event-ID.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* eventStream(
  reader: Pick<EventReader, 'next'>,
  { heartbeatMs, lifeMs }: EventStreamOptions,
): AsyncGenerator<string> {
  const endsAtMs = performance.now() + lifeMs;
  // The headers leave with the first bytes.
  yield ': the history of a call\n\n';
  for (let leftMs = lifeMs; leftMs > 0; leftMs = endsAtMs - performance.now()) {
    const next = await reader.next(Math.min(heartbeatMs, leftMs));
    if (next === null) return;
    yield next === undefined ? ': still there\n\n' : frameOf(next);
  }
}

function frameOf({ sequence, event }: HistoryEvent): string {
  return `id: ${formatSequence(sequence)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
