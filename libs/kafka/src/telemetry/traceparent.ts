import { context, propagation, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import type { HeaderValue, ReceivedRecord } from '../port/kafka-client.js';

/**
 * The header that links traces across Kafka, and the only one: `tracestate` and `baggage` are text of whoever began the trace.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const TRACEPARENT = 'traceparent';

const VALUE = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether an SDK of OpenTelemetry was started in this process. */
export function isTracing(): boolean {
  return propagation.fields().length > 0;
}

/** What names the trace of a context to others; undefined where there is none. */
export function traceparentOfContext(active: Context): string | undefined {
  const carrier: { [TRACEPARENT]?: string } = {};
  propagation.inject(active, carrier);
  return carrier[TRACEPARENT];
}

/** The inverse; text that names no trace begins a new one. */
export function contextOf(traceparent: string | undefined): Context {
  return propagation.extract(ROOT_CONTEXT, { [TRACEPARENT]: traceparent });
}

/**
 * The record's, if it has a proper one. Whoever keeps it beside what the record says can go on with its trace later, and in
 * another process.
 */
export function traceparentOf({ headers }: Pick<ReceivedRecord, 'headers'>): string | undefined {
  const header: HeaderValue = headers[TRACEPARENT];
  if (header == null || Array.isArray(header)) return undefined;
  const text = header.toString('latin1');
  return VALUE.test(text) ? text : undefined;
}

/** Does work as a part of that trace and no other. */
export function inTrace<T>(traceparent: string | undefined, work: () => T): T {
  return context.with(contextOf(traceparent), work);
}
