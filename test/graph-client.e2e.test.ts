// Microsoft’s own client for Graph, as its users have it: only the address and where its tokens come from are changed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { Client, GraphError } from '@microsoft/microsoft-graph-client';
import { developmentCertificates } from '../apps/local-stack/src/identities/development-ca.js';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { peerCall } from './support/peer-call.js';
import { PlainReader } from './support/plain-kafka.js';
import { whileStopped } from './support/standstill.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

const REQUESTS_PER_SECOND = 20;

interface Call {
  readonly id: string;
  readonly state: string | null;
}

let stack: StackForTests;
let events: PlainReader;
let commands: PlainReader;
let client: Client;

beforeAll(async () => {
  const { caFile, certFile, keyFile } = await developmentCertificates(
    join(PROJECT_ROOT, '.callbus', 'test-certificates'),
    Date.now(),
  );
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(caFile, 'utf8')]);
  stack = await StackForTests.start({
    environment: {
      gateway: {
        TLS_CERT_FILE: certFile,
        TLS_KEY_FILE: keyFile,
        GATEWAY_SEND_TIMEOUT_MS: '1000',
        // A busy machine may take its time.
        GATEWAY_WAIT_FOR_CALL_MS: '10000',
        GATEWAY_REQUESTS_PER_SECOND: String(REQUESTS_PER_SECOND),
      },
      // So that a call is established for as long as anybody looks.
      'graph-simulator': { SIMULATOR_TALK_MS: '60000' },
    },
  });
  const { kafka, topicPrefix, gateway } = stack.file;
  events = await PlainReader.start(kafka.brokers, `${topicPrefix}events`);
  commands = await PlainReader.start(kafka.brokers, `${topicPrefix}commands`);
  client = Client.initWithMiddleware({
    authProvider: { getAccessToken: () => stack.callerToken() },
    baseUrl: `https://localhost:${new URL(gateway.url).port}`,
    customHosts: new Set(['localhost']),
  });
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([events, commands].map((reader) => reader.stop()));
  await stack.stop();
});

const place = async (): Promise<Call> =>
  (await client.api('/communications/calls').post(peerCall(stack.file.caller.tenantId))) as Call;
const read = async (id: string): Promise<Call> => (await client.api(`/communications/calls/${id}`).get()) as Call;

async function postsOf(callId: string): Promise<number> {
  const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/posts`);
  const { posts } = (await response.json()) as { posts: { callId: string }[] };
  return posts.filter((post) => post.callId === callId).length;
}

it('places a call, reads it, lists it and ends it', async () => {
  const { id } = await place();
  await until('it is established', async () => (await read(id)).state === 'established', 30_000);
  const { value } = (await client.api('/communications/calls').filter("state eq 'established'").top(10).get()) as {
    value: Call[];
  };
  expect(value.map((call) => call.id)).toContain(id);
  expect(await client.api(`/communications/calls/${id}/participants`).get()).toMatchObject({ value: [] });
  await client.api(`/communications/calls/${id}`).delete();
  await events.ended(id);
  await until('it is terminated', async () => (await read(id)).state === 'terminated', 30_000);
  expect(await postsOf(id)).toBe(1);
}, 90_000);

it('is told in its own terms what is wrong', async () => {
  const refusal = client.api('/communications/calls').post({ '@odata.type': '#microsoft.graph.call' });
  await expect(refusal).rejects.toBeInstanceOf(GraphError);
  await expect(refusal).rejects.toMatchObject({
    statusCode: 400,
    code: 'BadRequest',
    message: expect.stringContaining('targets') as string,
  });
  await expect(read('not-an-id')).rejects.toMatchObject({ statusCode: 404, code: 'NotFound' });
});

it('calls once although it sends a create again whose record had been written (G1)', async () => {
  const kafka = stack.pid('kafka-1') ?? 0;
  const placing = await whileStopped(kafka, async () => {
    const placed = place();
    await until('the first attempt got 503', () => stack.log('gateway-1').includes('"status":503'), 20_000);
    return { placed };
  });
  const { id } = await placing.placed;
  // The first attempt's record was under way all the time, and the client knows nothing of it.
  await until('it is on Kafka', () => commands.of(id).length > 0);
  await events.historyWith(id, ({ type }) => type === 'CallCreated', 60_000);
  expect(await postsOf(id)).toBe(1);
}, 120_000);

it('places each call once although it was told to slow down', async () => {
  const calls = await Promise.all(Array.from({ length: REQUESTS_PER_SECOND + 5 }, () => place()));
  const ids = calls.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    await events.historyWith(id, ({ type }) => type === 'CallCreated', 60_000);
    expect(await postsOf(id)).toBe(1);
  }
}, 120_000);
