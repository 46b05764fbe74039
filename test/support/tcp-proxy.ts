import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What becomes of the bytes. `pass`; `hold`: they are kept back, in order, until they may pass; `refuse`: no connection
 * comes about, and those that stand are reset.
 */
export type ProxyMode = 'pass' | 'hold' | 'refuse';

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** Says from now on what becomes of the bytes to the client, whatever the proxy's mode. */
  holdAnswers(): void;
  reset(): void;
}

export interface ProxyRules {
  /** Sees the bytes that a client sent, before they go on. */
  onRequest?: (bytes: Buffer, connection: ProxiedConnection) => void;
  /** Sees the bytes of the target. @returns false to swallow them */
  onAnswer?: (bytes: Buffer, connection: ProxiedConnection) => boolean;
}

/** A TCP proxy on a port of its own, in front of a target that may be named later, with faults at will. */
export class TcpProxy {
  private readonly connections = new Set<Connection>();
  private mode: ProxyMode = 'pass';
  private rules: ProxyRules = {};
  private delayMs = 0;
  private bytesPerSecond = Infinity;
  targetPort = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param targetPort may be named later */
  static async start(targetPort = 0): Promise<TcpProxy> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const proxy = new TcpProxy(server, (server.address() as AddressInfo).port);
    proxy.targetPort = targetPort;
    server.on('connection', (client) => {
      proxy.take(client);
    });
    return proxy;
  }

  set(mode: ProxyMode): void {
    this.mode = mode;
    for (const connection of this.connections) {
      if (mode === 'refuse') connection.reset();
      else connection.resume();
    }
  }

  /** From now on the bytes to the client come so much later. */
  delayAnswers(ms: number): void {
    this.delayMs = ms;
  }

  /** From now on throttles each connection to its client to this many bytes a second, in small pieces. */
  throttleAnswers(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Applies to connections that stand too. */
  setRules(rules: ProxyRules): void {
    this.rules = rules;
  }

  /** Back to normal: what is held goes on. */
  heal(): void {
    this.rules = {};
    this.delayMs = 0;
    this.bytesPerSecond = Infinity;
    for (const connection of this.connections) connection.release();
    this.set('pass');
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.reset();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(client: Socket): void {
    if (this.mode === 'refuse') {
      client.on('error', ignore);
      client.resetAndDestroy();
      return;
    }
    const connection: Connection = new Connection(client, connect(this.targetPort, '127.0.0.1'), {
      isHeld: () => this.mode === 'hold',
      delayMs: () => this.delayMs,
      bytesPerSecond: () => this.bytesPerSecond,
      onRequest: (bytes) => this.rules.onRequest?.(bytes, connection),
      onAnswer: (bytes) => this.rules.onAnswer?.(bytes, connection) ?? true,
      onClosed: () => this.connections.delete(connection),
    });
    this.connections.add(connection);
  }
}

interface ConnectionEvents {
  readonly isHeld: () => boolean;
  readonly delayMs: () => number;
  readonly bytesPerSecond: () => number;
  readonly onRequest: (bytes: Buffer) => void;
  readonly onAnswer: (bytes: Buffer) => boolean;
  readonly onClosed: () => void;
}

class Connection implements ProxiedConnection {
  private readonly toTarget: Buffer[] = [];
  private toClient: { readonly bytes: Buffer; readonly dueAt: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private areAnswersHeld = false;
  /** The time at which all bytes received from the target so far are forwarded. */
  private drainedAt = 0;

  constructor(
    private readonly client: Socket,
    private readonly target: Socket,
    private readonly events: ConnectionEvents,
  ) {
    client.on('data', (bytes: Buffer) => {
      events.onRequest(bytes);
      this.toTarget.push(bytes);
      this.resume();
    });
    target.on('data', (bytes: Buffer) => {
      if (!events.onAnswer(bytes)) return;
      this.answer(bytes);
    });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.setNoDelay(true);
      one.on('error', ignore);
      one.on('close', () => {
        other.destroySoon();
        events.onClosed();
      });
    }
  }

  holdAnswers(): void {
    this.areAnswersHeld = true;
  }

  release(): void {
    this.areAnswersHeld = false;
    this.toClient = this.toClient.map(({ bytes }) => ({ bytes, dueAt: 0 }));
    this.drainedAt = 0;
  }

  resume(): void {
    if (this.events.isHeld()) return;
    for (const bytes of this.toTarget.splice(0)) this.target.write(bytes);
    if (this.areAnswersHeld) return;
    const later = this.toClient.findIndex(({ dueAt }) => dueAt > performance.now());
    const due = this.toClient.splice(0, later === -1 ? this.toClient.length : later);
    for (const { bytes } of due) this.client.write(bytes);
    const [next] = this.toClient;
    clearTimeout(this.timer);
    if (next !== undefined)
      this.timer = setTimeout(
        () => {
          this.resume();
        },
        Math.max(1, next.dueAt - performance.now()),
      );
  }

  private answer(bytes: Buffer): void {
    const bytesPerMs = this.events.bytesPerSecond() / 1_000;
    const pieceBytes = Math.min(bytes.length, Math.max(1, Math.floor(bytesPerMs * PIECE_MS)));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      this.drainedAt = Math.max(this.drainedAt, performance.now() + this.events.delayMs()) + piece.length / bytesPerMs;
      this.toClient.push({ bytes: piece, dueAt: this.drainedAt });
    }
    this.resume();
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.target.destroy();
  }
}

/** Interval at which a throttled connection forwards bytes. */
const PIECE_MS = 50;

/** What breaks a connection is the other side's, or the fault itself; both sides are closed by `close`. */
function ignore(): void {
  return;
}
