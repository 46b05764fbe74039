import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a process told it, by OpenTelemetry's JSON. */
export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

type WireSpan = Omit<CollectedSpan, 'service' | 'parentSpanId' | 'links'> &
  Partial<Pick<CollectedSpan, 'parentSpanId' | 'links'>>;

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

/** A collector of traces, in this process: OTLP over HTTP in JSON. */
export class OtlpCollector {
  readonly spans: CollectedSpan[] = [];
  /** Everything that it was sent, as it was sent. */
  readonly bodies: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpCollector> {
    const server = createServer();
    const collector = new OtlpCollector(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.url === '/v1/traces') collector.take(Buffer.concat(chunks).toString('utf8'));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  /** What a process is told so that it sends its traces here. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.server.address() as AddressInfo;
    return {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
  }

  find(traceparent: string): CollectedSpan | undefined {
    const [, traceId, spanId] = traceparent.split('-');
    return this.spans.find((span) => span.traceId === traceId && span.spanId === spanId);
  }

  /** From the first span of its trace that was told to the span itself. */
  pathTo(span: CollectedSpan): readonly CollectedSpan[] {
    const parent = this.spans.find(({ traceId, spanId }) => traceId === span.traceId && spanId === span.parentSpanId);
    return parent === undefined ? [span] : [...this.pathTo(parent), span];
  }

  /** The trace as people read it, one span a line, what is linked behind its link. */
  tree(traceId: string): string {
    const spans = this.spans.filter((span) => span.traceId === traceId);
    const isRoot = (span: CollectedSpan): boolean => !spans.some(({ spanId }) => spanId === span.parentSpanId);
    const linesOf = (span: CollectedSpan, indent: string): string[] => [
      `${indent}${span.name}  [${span.service}, ${durationOf(span)}]${this.linksOf(span)}`,
      ...inOrder(spans.filter(({ parentSpanId }) => parentSpanId === span.spanId)).flatMap((one) => linesOf(one, `${indent}  `)),
    ];
    return inOrder(spans.filter(isRoot))
      .flatMap((root) => linesOf(root, ''))
      .join('\n');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private linksOf({ links }: CollectedSpan): string {
    const linked = links.flatMap((link) => this.find(`00-${link.traceId}-${link.spanId}-01`) ?? []);
    const paths = linked.map((span) => this.pathTo(span).map(({ name, service }) => `${name} [${service}]`));
    return paths.map((path) => `  ⇠ ${path.join(' › ')}`).join('');
  }

  private take(body: string): void {
    this.bodies.push(body);
    for (const { resource, scopeSpans } of (JSON.parse(body) as Export).resourceSpans) {
      const service = String(resource.attributes.find(({ key }) => key === 'service.name')?.value['stringValue']);
      const spans = scopeSpans.flatMap((scope) => scope.spans);
      this.spans.push(...spans.map((span) => ({ parentSpanId: '', links: [], ...span, service })));
    }
  }
}

function inOrder(spans: readonly CollectedSpan[]): CollectedSpan[] {
  return spans.toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
}

function durationOf({ startTimeUnixNano, endTimeUnixNano }: CollectedSpan): string {
  return `${(Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6).toFixed(1)} ms`;
}
