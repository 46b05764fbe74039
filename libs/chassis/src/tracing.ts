import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from './logger.js';
import type { TracingSettings } from './tracing-settings.js';

/**
 * Starts OpenTelemetry's SDK, if the settings want traces; otherwise none of it is loaded, and whoever makes spans makes
 * none. To be called before anything that asks whether there are traces.
 * @returns sends what waits, within OTEL_EXPORTER_OTLP_TIMEOUT
 */
export async function startTracing(service: string, settings: TracingSettings, logger: Logger): Promise<() => Promise<void>> {
  if (settings.exporter === 'none') return () => Promise.resolve();
  const [{ AsyncLocalStorageContextManager }, core, resources, sdk] = await Promise.all([
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ]);
  const complain = (message: string, ...rest: unknown[]): void => {
    logger.warn({ rest }, `traces: ${message}`);
  };
  const ignore = (): void => undefined;
  diag.setLogger({ error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
  core.setGlobalErrorHandler((error) => {
    logger.warn({ err: error }, 'spans could not be sent and are lost');
  });
  const { timeoutMs, batchDelayMs, sampler, samplerRatio } = settings;
  const exporter = await exporterFor(settings, core.parseKeyPairsIntoRecord(settings.headers));
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.detectResources({ detectors: [resources.resourceAttributesEnvDetector] }))
      .merge(resources.resourceFromAttributes({ 'service.name': service })),
    sampler: new sdk.ParentBasedSampler({
      root: sampler === 'parentbased_always_on' ? new sdk.AlwaysOnSampler() : new sdk.TraceIdRatioBasedSampler(samplerRatio),
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: batchDelayMs, exportTimeoutMillis: timeoutMs }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

async function exporterFor(
  { endpoint, protocol, timeoutMs }: TracingSettings,
  headers: Record<string, string>,
): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ url: `${endpoint.replace(/(?<!\/)\/+$/, '')}/v1/traces`, headers, timeoutMillis: timeoutMs });
}
