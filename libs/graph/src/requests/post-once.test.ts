import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { postOnce } from './post-once.js';

const limits = { connectTimeoutMs: 3_000, headersTimeoutMs: 3_000, bodyTimeoutMs: 3_000, maxBodyBytes: 1_000 };
const connectTcp = buildConnector({ timeout: 3_000 });

let server: Server;
let received: { connections: number; text: string };
let onText: (text: string) => void;

beforeEach(async () => {
  received = { connections: 0, text: '' };
  onText = () => undefined;
  server = createServer((socket) => {
    received.connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received.text += chunk.toString();
      onText(received.text);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  await once(server.close(), 'close');
});

/** Posts over a connector that lets `onSocket` at the connected socket before undici has it. */
function post(onSocket: (socket: Socket) => void) {
  const { port } = server.address() as AddressInfo;
  let attempts = 0;
  const connect: buildConnector.connector = (options, callback) => {
    attempts += 1;
    connectTcp(options, (...[error, socket]) => {
      if (error) {
        callback(error, null);
        return;
      }
      onSocket(socket);
      callback(null, socket);
    });
  };
  const result = postOnce(
    { url: new URL(`http://localhost:${port}/calls`), headers: {}, body: '{}' },
    { ...limits, connect, signal: new AbortController().signal },
  );
  return result.then((wire) => ({ wire, attempts }));
}

/** The sort of error after which undici puts a request that it has sent on a new connection. */
const undicisOwn = () => Object.assign(new Error('dropped for reasons of undici’s own'), { code: 'UND_ERR_INFO' });

describe('postOnce', () => {
  it('does not send a second time when undici drops the connection for reasons of its own', async () => {
    const { wire, attempts } = await post((socket) => {
      onText = (text) => text.endsWith('{}') && socket.destroy(undicisOwn());
    });
    expect(wire).toMatchObject({ stage: 'sent' });
    expect({ attempts, connections: received.connections }).toEqual({ attempts: 1, connections: 1 });
    expect(received.text.match(/^POST /gm)).toHaveLength(1);
  });

  it('does not connect a second time when the connection is lost before anything was sent', async () => {
    const { wire, attempts } = await post((socket) => {
      socket.destroy(undicisOwn());
    });
    expect(wire).toMatchObject({ stage: expect.stringMatching(/^(not-connected|nothing-sent)$/) as string });
    expect({ attempts, text: received.text }).toEqual({ attempts: 1, text: '' });
  });
});
