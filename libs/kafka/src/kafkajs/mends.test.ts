import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { mendFetchTimeout, mendRequestQueue } from './mends.js';

const REQUEST_TIMEOUT_MS = 300;
const PIECES = 8;
const PIECE_EVERY_MS = 100;
const PIECE = Buffer.alloc(1_000);

interface Connection {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  send(request: object): Promise<Buffer>;
}

const require = createRequire(import.meta.url);
const ClientConnection = require('kafkajs/src/network/connection.js') as new (options: object) => Connection;
const Encoder = require('kafkajs/src/protocol/encoder.js') as new () => object;

let broker: Server;
let connection: Connection;

/** Answers the first request with so many pieces, one after the other; a whole answer has all of them. */
async function connect(piecesSent: number): Promise<void> {
  broker = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const head = Buffer.alloc(8);
      head.writeInt32BE(4 + PIECES * PIECE.length, 0);
      socket.write(head);
      void (async () => {
        for (let piece = 0; piece < piecesSent; piece += 1) {
          await delay(PIECE_EVERY_MS);
          socket.write(PIECE);
        }
      })();
    });
  });
  await once(broker.listen(0, '127.0.0.1'), 'listening');
  const nothing = (): void => undefined;
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, namespace: () => logger };
  connection = new ClientConnection({
    host: '127.0.0.1',
    port: (broker.address() as AddressInfo).port,
    logger,
    socketFactory: (require('kafkajs/src/network/socketFactory.js') as () => unknown)(),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 5_000,
  });
  await connection.connect();
}

async function ask(apiName: string): Promise<number> {
  const payload = await connection.send({
    request: { apiKey: 1, apiVersion: 0, apiName, encode: () => Promise.resolve(new Encoder()) },
    response: {
      decode: (bytes: unknown) => Promise.resolve(bytes),
      parse: (bytes: unknown) => Promise.resolve(bytes),
    },
    logResponseError: false,
  });
  return payload.length;
}

afterEach(async () => {
  await connection.disconnect();
  broker.close();
});

describe('a request over a slow connection', () => {
  beforeAll(() => {
    mendRequestQueue();
    mendFetchTimeout();
  });

  it('is not given up while bytes of the answer to a fetch keep coming', async () => {
    await connect(PIECES);
    expect(await ask('Fetch')).toBe(PIECES * PIECE.length);
  });

  it('is given up when the answer to a fetch stops coming', async () => {
    await connect(PIECES - 1);
    await expect(ask('Fetch')).rejects.toThrow('timed out');
  });

  it('is given up after the request time-out when it is not a fetch', async () => {
    await connect(PIECES);
    await expect(ask('Metadata')).rejects.toThrow('timed out');
  });
});
