import type { Socket } from 'node:net';
import { Client, type buildConnector, type Dispatcher } from 'undici';
import type { WireResult } from './create-call-outcome.js';
import type { WireHeaders } from '../http/response-headers.js';

export interface PostOnceOptions {
  readonly connect: buildConnector.connector;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** From the status line to the end of the body. */
  readonly bodyTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** When it aborts, nothing more is waited for. */
  readonly signal: AbortSignal;
}

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Called once the connection stands and before any byte is written; if it throws, none is. */
  readonly beforeSend?: (() => void) | undefined;
}

/**
 * Sends one POST on a connection of its own, at most once, and tells what is known of its bytes.
 * Never rejects. No redirect is followed and nothing is repeated: the connector connects a single time, since undici
 * would put a request whose socket was dropped for its own reasons on a new connection.
 */
export function postOnce(request: PostRequest, options: PostOnceOptions): Promise<WireResult> {
  const statusLine = new StatusLine();
  const client = new Client(request.url.origin, {
    connect: connectsOnce(options.connect, (socket) => {
      statusLine.watch(socket);
    }),
    pipelining: 0,
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
    maxResponseSize: options.maxBodyBytes,
  });
  return new Promise<WireResult>((resolve) => {
    const handler = new PostHandler(request.beforeSend, statusLine, options.bodyTimeoutMs, (result) => {
      clearTimeout(watchdog);
      options.signal.removeEventListener('abort', onAbort);
      resolve(result);
      void client.destroy();
    });
    // What undici's own time-outs leave out, such as a request that is written but never taken by the peer.
    const limitMs = options.connectTimeoutMs + options.headersTimeoutMs + options.bodyTimeoutMs + 1_000;
    const watchdog = setTimeout(() => {
      handler.giveUp(new Error(`no complete answer within ${limitMs} ms`));
    }, limitMs);
    const onAbort = (): void => {
      handler.giveUp(options.signal.reason as Error);
    };
    options.signal.addEventListener('abort', onAbort);
    client.on('connect', () => {
      handler.onConnected();
    });
    const { pathname, search } = request.url;
    client.dispatch({ path: pathname + search, method: 'POST', headers: request.headers, body: request.body }, handler);
  });
}

function connectsOnce(connect: buildConnector.connector, onSocket: (socket: Socket) => void): buildConnector.connector {
  let hasConnected = false;
  return (options, callback) => {
    if (hasConnected) {
      callback(new Error('the connection was lost'), null);
      return;
    }
    hasConnected = true;
    connect(options, (...result) => {
      callback(...result);
      // After undici has taken to reading the socket, so that the listener added now only listens.
      if (result[1]) onSocket(result[1]);
    });
  };
}

/**
 * Reads the status along with undici, which tells it with the headers only, when they are whole: an answer that
 * is cut before then may have said 201.
 */
class StatusLine {
  private text = '';

  watch(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      if (this.text.length < MAX_STATUS_LINE_LENGTH) this.text += chunk.toString('latin1', 0, MAX_STATUS_LINE_LENGTH);
    });
  }

  /** The final status that was read; undefined if none was, or only an interim one. */
  finalStatus(): number | undefined {
    const status = Number(/^HTTP\/1\.[01] (\d{3})[ \r]/.exec(this.text)?.[1]);
    return status >= 200 ? status : undefined;
  }
}

/** «HTTP/1.1 201 » and some of the reason. */
const MAX_STATUS_LINE_LENGTH = 32;

/** Follows one request through undici's events; the stage it has reached decides what an error means. */
class PostHandler implements Dispatcher.DispatchHandler {
  private stage: 'not-connected' | 'nothing-sent' | 'sent' = 'not-connected';
  private answer: { status: number; headers: WireHeaders; receivedAtMs: number } | undefined;
  private readonly chunks: Buffer[] = [];
  private bodyTimer: NodeJS.Timeout | undefined;
  private isSettled = false;

  constructor(
    private readonly beforeSend: (() => void) | undefined,
    private readonly statusLine: StatusLine,
    private readonly bodyTimeoutMs: number,
    private readonly settle: (result: WireResult) => void,
  ) {}

  onConnected(): void {
    if (this.stage === 'not-connected') this.stage = 'nothing-sent';
  }

  /** undici calls it with the connected socket in hand, immediately before the first write. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    try {
      this.stage = 'nothing-sent';
      this.beforeSend?.();
      this.stage = 'sent';
    } catch (error) {
      controller.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: WireHeaders): void {
    if (status < 200) return;
    this.answer = { status, headers, receivedAtMs: Date.now() };
    // undici's time-out starts anew with every chunk; this one bounds the whole.
    this.bodyTimer = setTimeout(() => {
      controller.abort(new Error(`the body was not complete within ${this.bodyTimeoutMs} ms`));
    }, this.bodyTimeoutMs);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.giveUp(new Error('the answer is complete'));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.giveUp(error);
  }

  /** Nothing more is coming: what is known by now is the result. */
  giveUp(error: Error): void {
    if (this.isSettled) return;
    this.isSettled = true;
    clearTimeout(this.bodyTimer);
    const status = this.statusLine.finalStatus();
    if (this.answer) {
      const body = this.chunks.length > 0 ? Buffer.concat(this.chunks).toString('utf8') : null;
      this.settle({ stage: 'answered', ...this.answer, body });
    } else if (this.stage === 'sent' && status !== undefined) {
      this.settle({ stage: 'answered', status, headers: {}, body: null });
    } else {
      this.settle({ stage: this.stage, error });
    }
  }
}
