import type { ServerOptions } from 'node:http';
import { IsInt, Max, Min } from 'class-validator';
import { Setting } from './settings.js';

/** How long a client may take, and how much of the server it may hold. */
export class HttpLimits {
  @Setting('HTTP_HEADERS_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds for a TLS handshake, and again for a request’s headers; at most HTTP_REQUEST_TIMEOUT_MS',
  })
  @IsInt()
  @Min(100)
  @Max(120_000)
  headersTimeoutMs: number = 10_000;

  @Setting('HTTP_REQUEST_TIMEOUT_MS', { kind: 'integer', describe: 'Milliseconds for a whole request, its body included' })
  @IsInt()
  @Min(100)
  @Max(600_000)
  requestTimeoutMs: number = 15_000;

  @Setting('HTTP_CONNECTIONS_CHECK_INTERVAL_MS', {
    kind: 'integer',
    describe: 'Milliseconds between looks for connections that are past these time-outs',
  })
  @IsInt()
  @Min(10)
  @Max(60_000)
  connectionsCheckIntervalMs: number = 2_000;

  @Setting('HTTP_KEEP_ALIVE_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds that a connection may idle between requests; more than a load balancer in front lets it',
  })
  @IsInt()
  @Min(1_000)
  @Max(3_600_000)
  keepAliveTimeoutMs: number = 75_000;

  @Setting('HTTP_MAX_CONNECTIONS', { kind: 'integer', describe: 'Connections at once; further ones are closed at once' })
  @IsInt()
  @Min(1)
  maxConnections: number = 10_000;

  @Setting('HTTP_MAX_HEADER_BYTES', { kind: 'integer', describe: 'Bytes of a request’s headers; larger ones get 431' })
  @IsInt()
  @Min(4_096)
  @Max(1024 * 1024)
  maxHeaderBytes: number = 16 * 1024;

  /** What of this Node's server takes. Two Authorization headers are no token, rather than the first of them. */
  serverOptions(): ServerOptions {
    return {
      headersTimeout: this.headersTimeoutMs,
      requestTimeout: this.requestTimeoutMs,
      connectionsCheckingInterval: this.connectionsCheckIntervalMs,
      maxHeaderSize: this.maxHeaderBytes,
      joinDuplicateHeaders: true,
    };
  }
}
