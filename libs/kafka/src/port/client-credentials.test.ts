import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ClientCredentials } from './client-credentials.js';

const SECONDS = 600;
let server: Server;
let asked: string[];
let answer: { readonly status: number; readonly body: unknown };
let now: number;
let credentials: ClientCredentials;

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(body);
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: { access_token: 'first', expires_in: SECONDS } };
  now = 0;
  const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  credentials = new ClientCredentials({ tokenUrl, clientId: 'gateway', clientSecret: 's/e+c', scope: 'kafka' }, () => now);
});

it('asks once for all connections, as the client that it is', async () => {
  expect(await Promise.all([credentials.token(), credentials.token()])).toEqual(['first', 'first']);
  expect(await credentials.token()).toBe('first');
  expect(asked).toEqual(['grant_type=client_credentials&client_id=gateway&client_secret=s%2Fe%2Bc&scope=kafka']);
});

it('asks for another when half of its life is over', async () => {
  await credentials.token();
  answer = { status: 200, body: { access_token: 'second', expires_in: SECONDS } };
  now = SECONDS * 500 - 1;
  expect(await credentials.token()).toBe('first');
  now += 1;
  expect(await credentials.token()).toBe('second');
});

it('keeps to the one that it has while the endpoint is away, until that has expired', async () => {
  await credentials.token();
  answer = { status: 503, body: {} };
  now = SECONDS * 1_000 - 1;
  expect(await credentials.token()).toBe('first');
  now += 1;
  await expect(credentials.token()).rejects.toThrow('answers 503');
});

it.each([{}, { access_token: 'x' }, { access_token: 7, expires_in: 1 }, { access_token: 'x', expires_in: '1' }])(
  'takes no %j for a token',
  async (body) => {
    answer = { status: 200, body };
    await expect(credentials.token()).rejects.toThrow('without access_token and expires_in');
  },
);
