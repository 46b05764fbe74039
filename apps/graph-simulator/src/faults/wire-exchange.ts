import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultOrder } from './fault-order.js';
import type { Faults } from './faults.js';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON; undefined sends none. */
  readonly body?: unknown;
}

/** One request and what becomes of its connection, down to the bytes. It is answered, or spoilt, once. */
export class WireExchange {
  private isOver = false;

  constructor(
    readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly sockets: RawSockets,
  ) {}

  /** Called with the status when the whole answer has been handed to the connection. */
  onAnswered(call: (status: number) => void): void {
    const { raw } = this.reply;
    raw.once('finish', () => {
      call(raw.statusCode);
    });
  }

  answer({ status, headers = {}, body }: Answer): void {
    if (this.isOver) return;
    this.isOver = true;
    void this.reply
      .status(status)
      .headers({ 'content-type': 'application/json', ...headers })
      .send(textOf(body));
  }

  /** Cuts the connection with an RST. */
  reset(): void {
    this.hijack();
    this.sockets.reset(this.request.raw.socket);
  }

  /** Sends the beginning of an answer, then closes the connection as if there were no more. */
  truncate({ status, headers = {}, body }: Answer, cut: FaultOrder['cut']): void {
    this.hijack();
    const text = textOf(body) ?? '';
    const statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    const all = { ...headers, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
    const head = `${statusLine}${Object.entries(all)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;
    const half = head + text.slice(0, text.length / 2);
    this.request.raw.socket.end(cut === 'status-line' ? statusLine : cut === 'headers' ? head : half);
  }

  /** Leaves the connection open and says nothing; it ends when the client gives up. */
  neverAnswer(): void {
    this.hijack();
  }

  /**
   * Does what a fault orders.
   * @param spoilt the answer that would have been given, for those that give a part of it
   * @returns whether the exchange goes on as if nothing had been, perhaps later
   */
  async suffer(order: FaultOrder, faults: Faults, spoilt?: Answer): Promise<boolean> {
    switch (order.action) {
      case 'hold':
        await faults.pause(order.ms);
        return true;
      case 'kill':
        kill(order);
        if (order.when === 'answered' || order.when === 'created') return true;
        this.neverAnswer();
        return false;
      case 'status':
        this.answer({ status: order.status ?? 500, headers: textHeaders(order.headers), body: order.body });
        return false;
      case 'create-then-500':
        this.answer({ status: 500, body: order.body ?? UNKNOWN_ERROR });
        return false;
      case 'truncate-201':
        this.truncate(spoilt ?? { status: 201 }, order.cut);
        return false;
      case 'never-answer':
        this.neverAnswer();
        return false;
      case 'reset-before-read':
      case 'reset-after-read':
      case 'create-then-reset':
        this.reset();
        return false;
      default:
        return true;
    }
  }

  private hijack(): void {
    this.isOver = true;
    this.reply.hijack();
  }
}

/** Graph's own words for a failure inside; the misspelling is Graph's. */
const UNKNOWN_ERROR = { error: { code: '9999', message: 'Unkown internal Server Error.' } };

export function kill({ pid, signal }: FaultOrder): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, which is what was wanted.
  }
}

/** The TCP connections beneath the encrypted ones: only they can be reset. */
export class RawSockets {
  private readonly byPort = new Map<string, Socket>();

  add(socket: Socket): void {
    const key = keyOf(socket);
    this.byPort.set(key, socket);
    socket.once('close', () => this.byPort.delete(key));
  }

  reset(encrypted: Socket): void {
    const raw = this.byPort.get(keyOf(encrypted));
    if (raw) raw.resetAndDestroy();
    else encrypted.destroy();
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''}|${socket.remotePort ?? 0}|${socket.localPort ?? 0}`;
}

function textOf(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}

function textHeaders(headers: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
