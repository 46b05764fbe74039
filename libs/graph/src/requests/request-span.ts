import { SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';

const tracer = trace.getTracer('@callbus/graph');

export interface TracedRequest {
  readonly method: string;
  readonly url: URL;
  /** The path with `{id}` for what differs from call to call. */
  readonly template: string;
  /** Beyond OpenTelemetry's conventions for HTTP clients. */
  readonly attributes?: Attributes;
}

/**
 * Makes a request to Graph a span. Neither tokens nor bodies are in it, and Graph is told nothing of it.
 * @param send rejects, or says what came of it: the answer's status, or in a word why there is none
 */
export async function inRequestSpan<T>(
  { method, url, template, attributes }: TracedRequest,
  send: () => Promise<T>,
  resultOf: (result: T) => number | string,
): Promise<T> {
  const span = tracer.startSpan(`${method} ${template}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'http.request.method': method,
      'url.template': template,
      'server.address': url.hostname,
      'server.port': Number(url.port || 443),
      ...attributes,
    },
  });
  const failed = (type: string): void => {
    span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
  };
  try {
    const result = await send();
    const status = resultOf(result);
    if (typeof status === 'number') span.setAttribute('http.response.status_code', status);
    if (typeof status === 'string' || status >= 400) failed(String(status));
    return result;
  } catch (error) {
    failed((error as Error).name);
    throw error;
  } finally {
    span.end();
  }
}
