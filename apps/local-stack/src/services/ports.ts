import { createServer, connect } from 'node:net';
import { StackError } from '../errors.js';

/** Ports that the operating system does not hand out for outgoing connections (Linux: 32768 and up; others: 49152). */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** Whether a server could listen on this loopback port now. */
export async function isPortFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** A free port that `taken` does not hold yet; it is added. */
export async function freePort(taken: Set<number> = new Set()): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (taken.has(port) || !(await isPortFree(port))) continue;
    taken.add(port);
    return port;
  }
}

/** @throws StackError PORT_TAKEN that names every port in use and who wants it */
export async function requireFreePorts(wanted: readonly { readonly port: number; readonly owner: string }[]): Promise<void> {
  const taken: string[] = [];
  for (const { port, owner } of wanted) if (!(await isPortFree(port))) taken.push(`port ${port}, which ${owner} wants`);
  if (taken.length === 0) return;
  throw new StackError(
    'PORT_TAKEN',
    `In use by another program: ${taken.join('; ')}. End that program («ss -ltnp» or «lsof -i :PORT» names it), ` +
      'or let the stack take free ports: «npm run stack -- --ports auto».',
  );
}

/** Whether something accepts connections at this address. */
export async function acceptsConnections(port: number, host = '127.0.0.1', timeoutMs = 1_000): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host });
    const finish = (isOpen: boolean) => (): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(timeoutMs, finish(false));
    socket.once('connect', finish(true)).once('error', finish(false));
  });
}
