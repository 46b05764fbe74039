// Clients on a very slow network: each holds a connection for long, but sends few requests.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { HttpClient } from './http.ts';
import { obeyParent, targets, type Attack } from './rogue.ts';

const { ca, gatewayUrl, callbackUri, caller } = targets();
const authority = readFileSync(ca, 'utf8');
/** Time between two bytes that a client sends. */
const BYTE_MS = 500;
/** How long a client that only waits stays. */
const PATIENCE_MS = 30_000;

const token = await new HttpClient(ca).token(caller);

function portOf(url: string): { readonly host: string; readonly port: number } {
  return { host: 'localhost', port: Number(new URL(url).port) };
}

async function open(url: string): Promise<Socket> {
  const isTls = url.startsWith('https:');
  const socket = isTls ? connectTls({ ...portOf(url), ca: authority }) : connectTcp(portOf(url));
  await once(socket, isTls ? 'secureConnect' : 'connect');
  return socket;
}

/** Waits until the service closes the connection, or until the client gives up. @returns the status, or how it ended */
async function outcome(socket: Socket): Promise<string> {
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  const timer = setTimeout(() => socket.destroy(new Error('never closed')), PATIENCE_MS);
  let failure = '';
  await new Promise<void>((resolve) => {
    socket
      .on('error', ({ message }) => (failure = message))
      .on('close', () => {
        resolve();
      });
  });
  clearTimeout(timer);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(received) ?? [];
  return status ?? (failure === 'never closed' ? failure : 'closed');
}

/** Sends a request byte for byte. */
async function drip(url: string, text: string): Promise<string> {
  const socket = await open(url);
  let sent = 0;
  const timer = setInterval(() => socket.write(text[sent++] ?? ' '), BYTE_MS);
  return await outcome(socket).finally(() => {
    clearInterval(timer);
  });
}

/** Announces a body, and sends one byte of it at a time. */
async function dripBody(url: string, headers: string): Promise<string> {
  const socket = await open(url);
  const { pathname } = new URL(url);
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n${headers}\r\n`);
  const timer = setInterval(() => socket.write(' '), BYTE_MS);
  return await outcome(socket).finally(() => {
    clearInterval(timer);
  });
}

/** Asks for more than a socket holds, again and again, and reads none of it. */
async function readNothing(): Promise<string> {
  const socket = await open(gatewayUrl);
  socket.pause();
  const request = `GET ${new URL(calls).pathname}?$top=200 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  socket.write(request.repeat(20));
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
  await once(socket, 'close');
  clearTimeout(timer);
  return 'closed';
}

const calls = `${gatewayUrl}/v1.0/communications/calls`;
const both = [gatewayUrl, callbackUri];
let turn = 0;
const next = (): string => both[turn++ % both.length] as string;

/** Outcomes when the service ends the connection after its time-outs, rather than the client giving up. */
const TURNED_AWAY = [408, 'closed'];

const ATTACKS: readonly Attack[] = [
  {
    name: 'no handshake',
    perSecond: 1,
    comesTo: [...TURNED_AWAY, 400],
    attempt: async () => outcome(connectTcp(portOf(next()))),
  },
  { name: 'silence', perSecond: 0.5, comesTo: TURNED_AWAY, attempt: async () => outcome(await open(next())) },
  {
    name: 'slow headers',
    perSecond: 0.5,
    comesTo: TURNED_AWAY,
    attempt: () => drip(next(), 'POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
  },
  {
    name: 'slow bodies',
    perSecond: 0.5,
    comesTo: [...TURNED_AWAY, 429],
    attempt: () => dripBody(calls, `Authorization: Bearer ${token}\r\nContent-Type: application/json\r\n`),
  },
  {
    name: 'slow bodies of callbacks',
    perSecond: 0.5,
    comesTo: [...TURNED_AWAY, 401],
    attempt: () => dripBody(callbackUri, 'Content-Type: application/json\r\n'),
  },
  { name: 'answers that nobody reads', perSecond: 0.25, comesTo: ['closed'], attempt: readNothing },
];

obeyParent(ATTACKS);
