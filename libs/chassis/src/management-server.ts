import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Health, HealthReport } from './health.js';

/** The port apart from the public one: `/livez`, `/readyz`, `/startupz`, each 200 or 503 with the reasons as JSON, and `/metrics`. */
export class ManagementServer {
  private readonly server: Server;

  constructor(service: string, health: Health, metrics: Registry) {
    const reports: Record<string, () => HealthReport> = {
      '/livez': () => health.live(),
      '/readyz': () => health.ready(),
      '/startupz': () => health.startup(),
    };
    this.server = createServer((request, response) => {
      if (request.url === '/metrics') {
        void metrics.metrics().then(
          (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
        return;
      }
      const report = reports[request.url ?? '']?.();
      const status = report === undefined ? 404 : report.ok ? 200 : 503;
      const body = report === undefined ? { error: 'try /livez, /readyz, /startupz or /metrics' } : { service, ...report };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  /** @param port 0 takes a free one. @returns the port that was taken */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(port, host, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }
}
