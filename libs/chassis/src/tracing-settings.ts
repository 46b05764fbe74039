import { IsIn, IsInt, IsNumber, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { Setting } from './settings.js';

/** Where traces go, by OpenTelemetry's own names. OTEL_RESOURCE_ATTRIBUTES counts too, as OpenTelemetry describes it. */
export class TracingSettings {
  @Setting('OTEL_TRACES_EXPORTER', { describe: 'otlp sends a trace of every call to a collector; none makes no traces' })
  @IsIn(['otlp', 'none'])
  exporter: 'otlp' | 'none' = 'none';

  @Setting('OTEL_EXPORTER_OTLP_ENDPOINT', { describe: 'Address of the collector; /v1/traces is added to it' })
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  endpoint: string = 'http://localhost:4318';

  @Setting('OTEL_EXPORTER_OTLP_PROTOCOL', { describe: 'http/protobuf or http/json' })
  @IsIn(['http/protobuf', 'http/json'])
  protocol: 'http/protobuf' | 'http/json' = 'http/protobuf';

  @Setting('OTEL_EXPORTER_OTLP_HEADERS', { secret: true, describe: 'Headers for the collector: name=value,name=value' })
  @IsOptional()
  @IsString()
  headers?: string;

  @Setting('OTEL_EXPORTER_OTLP_TIMEOUT', {
    kind: 'integer',
    describe: 'Milliseconds for sending a batch; a shutdown waits so long for the last one',
  })
  @IsInt()
  @Min(100)
  @Max(60_000)
  timeoutMs: number = 10_000;

  @Setting('OTEL_BSP_SCHEDULE_DELAY', { kind: 'integer', describe: 'Milliseconds between batches' })
  @IsInt()
  @Min(10)
  @Max(60_000)
  batchDelayMs: number = 5_000;

  @Setting('OTEL_TRACES_SAMPLER', {
    describe: 'parentbased_always_on or parentbased_traceidratio; whether a caller’s trace is kept, its traceparent says',
  })
  @IsIn(['parentbased_always_on', 'parentbased_traceidratio'])
  sampler: 'parentbased_always_on' | 'parentbased_traceidratio' = 'parentbased_always_on';

  @Setting('OTEL_TRACES_SAMPLER_ARG', {
    kind: 'json',
    describe: 'Part of the other traces that parentbased_traceidratio keeps, from 0 to 1',
  })
  @IsNumber()
  @Min(0)
  @Max(1)
  samplerRatio: number = 1;
}
