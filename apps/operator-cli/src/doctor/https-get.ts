import { request } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Span } from './clock-findings.js';

export interface HttpsAnswer {
  readonly status: number;
  readonly body: string;
  /** Of the `Date` header; null when there is none. */
  readonly date: string | null;
  /** By our clock, from before the request until the head of the answer was there. */
  readonly ours: Span;
  /** When the server's certificate ends, milliseconds since 1970; its chain and its name were verified. */
  readonly certificateEndsAtMs: number;
}

const MAX_BODY_BYTES = 64 * 1024;

/** One GET on a connection of its own, following nothing. @throws Error of the connection, of TLS or of time */
export async function httpsGet(url: string, timeoutMs: number): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const fromMs = Date.now();
    const asked = request(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const ours = { fromMs, toMs: Date.now() };
      const { socket } = response;
      const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : null;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BODY_BYTES) response.destroy(new Error(`${url} answers with more than ${MAX_BODY_BYTES} bytes`));
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          body,
          date: response.headers.date ?? null,
          ours,
          certificateEndsAtMs: Date.parse(certificate?.valid_to ?? ''),
        });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
