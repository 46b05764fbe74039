import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from './stack-for-tests.js';

/** A TCP connection on which a test writes whatever bytes it likes. */
export class RawConnection {
  /** All that came back. */
  received = '';
  isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
    });
    // A reset is one way to be closed.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Says that nothing more comes. */
  finish(): void {
    this.socket.end();
  }

  /** The status of every answer so far. */
  statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status));
  }

  /** Waits for so many answers. @returns their status */
  async answered(count = 1): Promise<number[]> {
    await until(`${count} answer(s) came`, () => this.statuses().length >= count || this.isClosed);
    return this.statuses();
  }

  async closed(): Promise<void> {
    await until('the connection is closed', () => this.isClosed);
  }

  end(): void {
    this.socket.destroy();
  }
}
