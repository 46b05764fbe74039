import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from './support/metrics.js';
import { OtlpCollector, type CollectedSpan } from './support/otlp-collector.js';
import { commandMessage, PlainProducer, PlainReader, type HistoryEvent } from './support/plain-kafka.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

type Json = Record<string, unknown>;

/** The requests of Microsoft's page, of 2021 and of later, and what its table of permissions asks for each. */
const EXAMPLES = [
  { example: 'seed-ex1', kind: 'peer', media: 'service', role: 'Calls.Initiate.All' },
  { example: 'seed-ex2', kind: 'peer', media: 'app', role: 'Calls.Initiate.All' },
  { example: 'seed-ex3', kind: 'group', media: 'service', role: 'Calls.InitiateGroupCall.All' },
  { example: 'seed-ex4', kind: 'group', media: 'app', role: 'Calls.InitiateGroupCall.All' },
  { example: 'seed-ex5', kind: 'meeting', media: 'service', role: 'Calls.JoinGroupCall.All' },
  { example: 'seed-ex6', kind: 'meeting', media: 'app', role: 'Calls.JoinGroupCall.All' },
  { example: 'seed-ex7', kind: 'pstn', media: 'service', role: 'Calls.Initiate.All' },
  { example: 'seed-ex8', kind: 'pstn', media: 'app', role: 'Calls.Initiate.All' },
  { example: '2023-ex1', kind: 'peer', media: 'service', role: 'Calls.Initiate.All' },
  { example: '2023-ex6', kind: 'meeting', media: 'app', role: 'Calls.JoinGroupCall.All' },
  { example: '2023-ex7', kind: 'meeting', media: 'service', role: 'Calls.JoinGroupCall.All' },
  { example: '2023-ex8', kind: 'meeting', media: 'service', role: 'Calls.JoinGroupCall.All' },
  { example: '2023-ex9', kind: 'pstn', media: 'service', role: 'Calls.Initiate.All' },
  { example: 'beta-2021-ex8', kind: 'meeting', media: 'service', role: 'Calls.JoinGroupCallAsGuest.All' },
] as const;
const SAMPLES = new URL('../libs/graph/fixtures/create-call/', import.meta.url);
const MEDIA_ROLE = 'Calls.AccessMedia.All';
const ALL_ROLES = [...new Set([...EXAMPLES.map(({ role }) => role), MEDIA_ROLE])];
const OTHER_APP = { appId: 'a0f5b7c2-3d1e-4f60-8a9b-2c4d6e8f0a1b', clientSecret: 'of the other app' };

let stack: StackForTests;
let events: PlainReader;
let commands: PlainProducer;
let token: string;
let collector: OtlpCollector;

beforeAll(async () => {
  const quick = { SIMULATOR_ESTABLISH_MS: '20', SIMULATOR_RING_MS: '50', SIMULATOR_TALK_MS: '200' };
  collector = await OtlpCollector.start();
  stack = await StackForTests.start({
    launcherEnvironment: collector.environment,
    environment: {
      'graph-simulator': quick,
      // No token is young: consent counts at once.
      'call-dispatcher': { GRAPH_APPS: JSON.stringify([OTHER_APP]), GRAPH_YOUNG_TOKEN_MS: '0' },
      // A busy machine may take its time.
      gateway: { GATEWAY_REQUESTS_PER_SECOND: '1000', GATEWAY_WAIT_FOR_CALL_MS: '10000' },
    },
  });
  await order('PUT', `apps/${OTHER_APP.appId}`, { kind: 'bot', clientSecret: OTHER_APP.clientSecret });
  const { brokers } = stack.file.kafka;
  events = await PlainReader.start(brokers, `${stack.file.topicPrefix}events`);
  commands = await PlainProducer.start(brokers, `${stack.file.topicPrefix}commands`);
  token = await stack.callerToken();
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  await commands.stop();
  await events.stop();
  await stack.stop();
  await collector.stop();
});

/** The example as its author would send it: with one's own tenant, as the page says. */
function requestOf(example: string, tenantId = stack.file.caller.tenantId): Json {
  const [file = ''] = readdirSync(SAMPLES).filter((name) => name.startsWith(`${example}-`) && name.includes('request'));
  return withTenant(JSON.parse(readFileSync(new URL(file, SAMPLES), 'utf8')) as Json, tenantId);
}

function withTenant(value: Json, tenantId: string): Json {
  const text = JSON.stringify({ ...value, tenantId }, (name, member: unknown) => (name === 'tenantId' ? tenantId : member));
  return JSON.parse(text) as Json;
}

async function placeOverKafka(
  call: Json,
  {
    callId = randomUUID(),
    tenantId = stack.file.caller.tenantId,
    ...more
  }: { callId?: string; tenantId?: string; appId?: string } = {},
): Promise<string> {
  await commands.send(commandMessage('CreateCall', { callId, tenantId, call, ...more }));
  return callId;
}

/** Orders something of Graph's side. */
async function order(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: Json): Promise<void> {
  const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  expect([path, response.ok]).toEqual([path, true]);
}

async function placeOverHttp(call: Json): Promise<string> {
  const response = await post(call);
  const body = (await response.json()) as Json;
  expect([response.status, body]).toEqual([202, { '@odata.type': '#microsoft.graph.call', id: body['id'], state: null }]);
  expect(response.headers.get('location')).toMatch(new RegExp(`/v1\\.0/communications/calls/${String(body['id'])}$`));
  return String(body['id']);
}

function post(call: unknown, headers: Record<string, string> = {}) {
  return stack.fetch(`${stack.file.gateway.url}/v1.0/communications/calls`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(call),
  });
}

/** The creates that Graph's side read off the wire for a call. */
async function postsOf(callId: string): Promise<{ callId: string; body: Json }[]> {
  const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/posts`);
  const { posts } = (await response.json()) as { posts: { callId: string; body: Json }[] };
  return posts.filter((one) => one.callId === callId);
}

function statesOf(history: readonly HistoryEvent[]): unknown[] {
  return history.filter(({ type }) => type === 'CallStateChanged').map(({ data }) => data['state']);
}

function expectWellFormed(callId: string, history: readonly HistoryEvent[]): void {
  expect(history.map(({ sequence }) => sequence)).toEqual(history.map((_, index) => String(index + 1).padStart(10, '0')));
  expect(new Set(history.map(({ id }) => id)).size).toBe(history.length);
  for (const { source, data } of history) expect([source, data['callId']]).toEqual([`/calls/${callId}`, callId]);
}

describe.each(EXAMPLES)('example $example ($kind, $media-hosted media)', ({ example, kind, media, role }) => {
  it.each(['HTTP', 'Kafka'])('is placed over %s and told from its acceptance to its end', async (way) => {
    const request = requestOf(example);
    const callId = await (way === 'HTTP' ? placeOverHttp(request) : placeOverKafka(request));
    const history = await events.ended(callId);
    expectWellFormed(callId, history);
    const types = history.map(({ type }) => type);
    expect(types.filter((type) => type === 'CallAccepted' || type === 'CallCreated').toSorted()).toEqual([
      'CallAccepted',
      'CallCreated',
    ]);
    expect(history.find(({ type }) => type === 'CallAccepted')?.data).toMatchObject({ kind, media });
    expect(statesOf(history)).toEqual(['establishing', 'established', 'terminating', 'terminated']);
    expect(types.includes('RosterUpdated')).toBe(kind === 'group' || kind === 'meeting');

    const posts = await postsOf(callId);
    expect(posts).toHaveLength(1);
    const sent = posts[0]?.body ?? {};
    const asked = Object.entries(request).filter(([name]) => !['callbackUri', 'direction'].includes(name));
    expect(sent).toEqual({ ...Object.fromEntries(asked), callbackUri: expect.any(String) as string });
    expect(sent['callbackUri']).toMatch(new RegExp(`^${stack.file.ingest.url}/v1/callbacks/.*/${callId}/1/`));
  });

  const missing = media === 'app' ? [role, MEDIA_ROLE] : [role];
  it.each(missing)('fails with 403 and 7504, and is not dialled, when the app’s token lacks %s', async (absent) => {
    const tenantId = randomUUID();
    await order('PUT', `tenants/${tenantId}`, { roles: ALL_ROLES.filter((one) => one !== absent) });
    const callId = await placeOverKafka(requestOf(example, tenantId), { tenantId });
    const history = await events.ended(callId);
    expect(history.map(({ type }) => type)).toEqual(['CallAccepted', 'CallCreationFailed']);
    const message = expect.stringMatching(new RegExp(`lacks ${absent.replaceAll('.', '\\.')},`)) as string;
    expect(history[1]?.data).toMatchObject({ reason: 'rejected', error: { httpStatus: 403, code: '7504', message } });
    expect(await postsOf(callId)).toEqual([]);
  });
});

describe('a tenant that consents only now', () => {
  it('is called although the token at hand is from before', async () => {
    const tenantId = randomUUID();
    const place = async (): Promise<HistoryEvent[]> =>
      events.ended(await placeOverKafka(requestOf('seed-ex1', tenantId), { tenantId }));
    await order('PUT', `tenants/${tenantId}`, { roles: [MEDIA_ROLE] });
    expect((await place()).at(-1)).toMatchObject({ type: 'CallCreationFailed', data: { error: { code: '7504' } } });
    await order('PUT', `tenants/${tenantId}`, { roles: ALL_ROLES });
    expect(statesOf(await place()).at(-1)).toBe('terminated');
  });
});

describe('a tenant that consented to nothing the app’s token shows', () => {
  it('is asked all the same: Graph decides', async () => {
    const tenantId = randomUUID();
    await order('PUT', `tenants/${tenantId}`, { roles: [] });
    const callId = await placeOverKafka(requestOf('seed-ex1', tenantId), { tenantId });
    const history = await events.ended(callId);
    expect(history.at(-1)?.data).toMatchObject({ reason: 'rejected', error: { httpStatus: 403, code: '7504' } });
    expect(await postsOf(callId)).toHaveLength(1);
  });
});

describe('a call that is not valid', () => {
  it('is refused over HTTP, and fails over Kafka without being dialled, with the same details', async () => {
    const bad = {
      ...requestOf('seed-ex7'),
      mediaConfig: undefined,
      targets: [{ identity: { phone: { id: '+1' } } }, {}],
      chatInfo: { threadid: 'x' },
    };
    const response = await post(bad);
    const { error } = (await response.json()) as { error: { details: { target: string; message: string }[] } };
    expect([response.status, error.details.map(({ target }) => target).toSorted()]).toEqual([
      400,
      ['chatInfo.threadid', 'mediaConfig', 'targets[0].identity.phone', 'targets[0].identity.phone.id', 'targets[1].identity'],
    ]);
    const callId = await placeOverKafka(bad);
    const history = await events.ended(callId);
    const details = error.details.map(({ target, message }) => ({ path: `call.${target}`, message }));
    expect(history).toMatchObject([{ type: 'CallCreationFailed', data: { reason: 'invalid', error: { details } } }]);
    expect(await postsOf(callId)).toEqual([]);
  });
});

describe('a refusal that there is something to do about', () => {
  const refused = async (status: number, name: string): Promise<{ callId: string; error: unknown }> => {
    const file = new URL(`error-${name}.json`, SAMPLES);
    const callId = randomUUID();
    const body = JSON.parse(readFileSync(file, 'utf8')) as Json;
    await order('POST', 'faults', { on: 'create', action: 'status', status, body, match: { callId } });
    const history = await events.ended(await placeOverKafka(requestOf('seed-ex1'), { callId }));
    expect(history.map(({ type }) => type)).toEqual(['CallAccepted', 'CallCreationFailed']);
    return { callId, error: history[1]?.data['error'] };
  };
  const saysWhatToDo = (code: string) => ({
    code,
    advice: expect.stringMatching(new RegExp(`docs/tenant-setup\\.md#${code}\\.$`)) as string,
  });

  it.each([
    ['7503', '403-7503-not-registered-nested'],
    ['7504', '403-7504-insufficient-permissions'],
    ['7505', '403-7505-tenant-mismatch'],
    ['7507', '7507-source-identity-invalid'],
  ])('says so: %s', async (code, name) => {
    expect((await refused(403, name)).error).toMatchObject({ httpStatus: 403, ...saysWhatToDo(code) });
  });

  it('raises an alert when it is the monthly limit', async () => {
    const { callId, error } = await refused(429, '429-8529-monthly-limit-nested');
    expect(error).toMatchObject({ httpStatus: 429, ...saysWhatToDo('8529') });
    const lines = stack.log('call-dispatcher-1').trim().split('\n');
    const alerts = lines.map((line) => JSON.parse(line) as Json).filter(({ code }) => code === 'GRAPH_MONTHLY_LIMIT');
    expect(alerts).toMatchObject([{ level: 'error', callId, tenantId: stack.file.caller.tenantId }]);
  });
});

describe('a command that names an app', () => {
  it('is placed as that app, whose callbacks tell of the call to its end', async () => {
    const { appId } = OTHER_APP;
    const callId = await placeOverKafka(requestOf('seed-ex1'), { appId });
    const history = await events.ended(callId);
    expectWellFormed(callId, history);
    expect(statesOf(history)).toEqual(['establishing', 'established', 'terminating', 'terminated']);
    expect(new Set(history.map(({ data }) => data['appId']))).toEqual(new Set([appId]));
    const [post] = await postsOf(callId);
    expect(post?.body['callbackUri']).toContain(`/v1/callbacks/${appId}/`);
  });

  it('is not dialled when the installation does not have it', async () => {
    const history = await events.ended(await placeOverKafka(requestOf('seed-ex1'), { appId: randomUUID() }));
    const details = [{ path: 'appId', message: expect.stringContaining('GRAPH_APPS_FILE') as string }];
    expect(history.at(-1)).toMatchObject({ type: 'CallCreationFailed', data: { reason: 'invalid', error: { details } } });
  });
});

describe('the trace of a call', () => {
  const begin = (): { traceId: string; traceparent: string } => {
    const traceId = randomBytes(16).toString('hex');
    return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
  };
  const traceparentsOf = (callId: string): string[] => events.of(callId).map(({ headers }) => String(headers['traceparent']));

  /** The spans in which the events of a call were sent, when the collector has them. */
  const sendsOf = async (callId: string): Promise<CollectedSpan[]> => {
    await events.ended(callId);
    const sends = (): CollectedSpan[] => traceparentsOf(callId).flatMap((traceparent) => collector.find(traceparent) ?? []);
    await until('the collector has the spans of all events', () => sends().length === events.of(callId).length);
    return sends();
  };
  const pathTo = (span: CollectedSpan): string[] => collector.pathTo(span).map(({ service, name }) => `${service}: ${name}`);

  it('goes on with the caller’s, from its request over Graph and its callbacks to each event', async () => {
    const { traceId, traceparent } = begin();
    const response = await post(requestOf('seed-ex1'), { traceparent });
    const { id } = (await response.json()) as { id: string };
    const sends = await sendsOf(id);
    console.log(collector.tree(traceId));

    const request = 'gateway-1: POST /v1.0/communications/calls';
    const command = [request, 'gateway-1: send calls.commands', 'call-dispatcher-1: process calls.commands'];
    const accepted = [...command, 'call-dispatcher-1: send calls.dispatch-ledger'];
    const relayed = ['call-dispatcher-1: process calls.dispatch-ledger', 'call-dispatcher-1: send calls.observations'];
    const observed = 'notification-sequencer-1: process calls.observations';
    expect(sends.map((span) => span.traceId)).toEqual(sends.map(() => traceId));
    expect(pathTo(sends[0]!)).toEqual([...accepted, ...relayed, observed, 'notification-sequencer-1: send calls.events']);
    for (const send of sends) expect(pathTo(send).slice(0, accepted.length)).toEqual(accepted);

    const ofTrace = collector.spans.filter((span) => span.traceId === traceId);
    const dial = ofTrace.filter(({ service, name }) => service === 'call-dispatcher-1' && name.startsWith('POST '));
    expect(dial.map(pathTo)).toEqual([[...accepted, 'call-dispatcher-1: POST /v1.0/communications/calls']]);

    const callback = collector.pathTo(sends.at(-1)!).at(-2)!;
    expect(`${callback.service}: ${callback.name}`).toBe(observed);
    const { traceId: ofGraph, spanId } = callback.links[0]!;
    expect(pathTo(collector.find(`00-${ofGraph}-${spanId}-01`)!)).toEqual([
      'notification-receiver-1: POST /v1/callbacks/:appId/:tenantId/:callId/:attempt/:mac',
      'notification-receiver-1: send calls.observations',
    ]);
  });

  it('goes on with that of whoever wrote the command', async () => {
    const { traceId, traceparent } = begin();
    const callId = randomUUID();
    const { tenantId } = stack.file.caller;
    const message = commandMessage('CreateCall', { callId, tenantId, call: requestOf('seed-ex3') });
    await commands.send({ ...message, headers: { ...message.headers, traceparent } });
    const sends = await sendsOf(callId);
    expect(sends.map((span) => span.traceId)).toEqual(sends.map(() => traceId));
  });

  it('holds no token, number, name, passcode or address of a callback, whoever was called', () => {
    const told = collector.bodies.join('\n');
    const personal = EXAMPLES.flatMap(({ example }) => personalOf(requestOf(example)));
    expect(new Set(personal).size).toBeGreaterThan(10);
    expect(personal.filter((text) => told.includes(text))).toEqual([]);
    expect(told).not.toMatch(/eyJ|Bearer|\+\d{6}|\/v1\/callbacks\/[0-9a-f]/);
  });
});

describe('the gateway', () => {
  it('answers a GET for each of 100 calls that were only just accepted', async () => {
    const request = requestOf('seed-ex1');
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const response = await post(request);
        const { id } = (await response.json()) as { id: string };
        const read = await stack.fetch(`${stack.file.gateway.url}/v1.0/communications/calls/${id}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        return [response.status, read.status, ((await read.json()) as Json)['id'] === id];
      }),
    );
    expect(statuses).toEqual(Array.from({ length: 100 }, () => [202, 200, true]));
  });

  it('refuses the document’s literal example 5, whose tenantId is no GUID, and names it', async () => {
    const response = await post(JSON.parse(readFileSync(new URL('seed-ex5-request.json', SAMPLES), 'utf8')));
    const body = (await response.json()) as Json;
    expect(response.status).toBe(400);
    expect(JSON.stringify(body)).toContain('tenantId');
  });

  it('makes one call of requests with the same Idempotency-Key', async () => {
    const key = randomUUID();
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await (await post(requestOf('seed-ex1'), { 'idempotency-key': key })).json()) as Json),
    );
    const callId = String(ids[0]?.['id']);
    expect(ids.map(({ id }) => id)).toEqual([callId, callId, callId]);
    await events.ended(callId);
    expect(await postsOf(callId)).toHaveLength(1);
  });

  it('ends a call', async () => {
    await order('PUT', 'script', { talkMs: 600_000, match: { tenantId: stack.file.caller.tenantId } });
    const callId = await placeOverHttp(requestOf('seed-ex1'));
    await events.historyWith(callId, ({ data }) => data['state'] === 'established');
    const response = await stack.fetch(`${stack.file.gateway.url}/v1.0/communications/calls/${callId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(202);
    expect(statesOf(await events.ended(callId)).at(-1)).toBe('terminated');
    await order('DELETE', 'script');
  });
});

/** What of a request may name or let in somebody. */
function personalOf(value: unknown, member = ''): string[] {
  if (typeof value === 'string') {
    const isPersonal = ['displayName', 'passcode', 'token', 'blob', 'joinWebUrl', 'threadId'].includes(member);
    return value !== '' && (isPersonal || /^\+\d{6,}$/.test(value)) ? [value] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => personalOf(inner, name));
}
describe('the metrics', () => {
  const KINDS = ['gateway', 'call-dispatcher', 'notification-receiver', 'notification-sequencer'];
  const metricsOf = async (): Promise<Record<string, Metrics>> =>
    Object.fromEntries(await Promise.all(KINDS.map(async (kind) => [kind, await Metrics.of(stack, kind)] as const)));

  it('are those that docs/metrics.md lists, beside Node’s own', async () => {
    const page = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8');
    const sections = page.split('\n## ').map((text) => ({
      heading: text.split('\n')[0] ?? '',
      names: [...text.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name),
    }));
    for (const [kind, metrics] of Object.entries(await metricsOf())) {
      const listed = sections.filter(({ heading }) => heading === 'Every service' || heading.split(' and ').includes(kind));
      const own = metrics.names().filter((name) => !/^(process|nodejs)_/.test(name) || name === 'nodejs_heap_size_limit_bytes');
      expect([kind, own.toSorted()]).toEqual([kind, listed.flatMap(({ names }) => names).toSorted()]);
    }
  });

  it('have counted what has happened, each thing once', async () => {
    const { topicPrefix } = stack.file;
    await commands.send({ key: 'no call', value: 'no command' });
    const ofSimulator = async (what: 'posts' | 'deliveries'): Promise<Json[]> => {
      const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/${what}`);
      return ((await response.json()) as Record<typeof what, Json[]>)[what];
    };
    const counts = async (): Promise<Record<string, [number, number]>> => {
      const { gateway, 'call-dispatcher': dispatcher, ...ingest } = await metricsOf();
      const { 'notification-receiver': receiver, 'notification-sequencer': sequencer } = ingest;
      if (!gateway || !dispatcher || !receiver || !sequencer) throw new Error('a service is missing');
      const history = events.records.map(({ headers, value }) => ({
        type: String(headers['ce_type']),
        data: (JSON.parse(String(value)) as { data: Json }).data,
      }));
      const ofType = (type: string): Json[] => history.filter((event) => event.type === type).map(({ data }) => data);
      const failed = (reason: string): number => ofType('CallCreationFailed').filter((data) => data['reason'] === reason).length;
      const finished = (...statuses: string[]): number =>
        statuses.reduce((sum, status) => sum + dispatcher.sum('callbus_calls_finished_total', { status }), 0);
      const posts = dispatcher.sum('callbus_posts_total');
      const consumed = { messaging_destination_name: `${topicPrefix}commands` };
      return {
        'posts that Graph saw': [
          posts - dispatcher.sum('callbus_posts_total', { outcome: 'not_sent' }),
          (await ofSimulator('posts')).length,
        ],
        'requests to create': [
          dispatcher.sum('http_client_request_duration_seconds_count', {
            http_request_method: 'POST',
            url_template: '/v1.0/communications/calls',
          }),
          posts,
        ],
        'calls created': [finished('created'), ofType('CallCreated').length],
        'calls invalid': [finished('invalid'), failed('invalid')],
        'calls rejected': [finished('rejected', 'forbidden'), failed('rejected')],
        'callbacks accepted': [
          receiver.sum('callbus_callbacks_total', { result: 'accepted' }),
          (await ofSimulator('deliveries')).filter(({ answered }) => (answered as Json | null)?.['status'] === 202).length,
        ],
        events: [sequencer.sum('callbus_events_total'), history.length],
        'state changes': [sequencer.sum('callbus_events_total', { type: 'CallStateChanged' }), ofType('CallStateChanged').length],
        'events sent': [
          sequencer.sum('messaging_client_sent_messages_total', { messaging_destination_name: `${topicPrefix}events` }),
          history.length,
        ],
        'commands of the gateway': [
          gateway.sum('callbus_gateway_commands_total'),
          gateway.sum('messaging_client_sent_messages_total', { messaging_destination_name: `${topicPrefix}commands` }),
        ],
        'commands handled': [
          dispatcher.sum('callbus_commands_total') + dispatcher.sum('callbus_dead_letters_total'),
          dispatcher.sum('messaging_process_duration_seconds_count', consumed),
        ],
        'commands put aside': [dispatcher.sum('callbus_dead_letters_total', { topic: `${topicPrefix}commands` }), 1],
        'quota of posts': [dispatcher.sum('callbus_quota_left', { limit: 'concurrent_posts' }), 64],
        lag: [[dispatcher, sequencer].reduce((sum, one) => sum + one.sum('callbus_kafka_consumer_lag_records'), 0), 0],
        ready: [[gateway, dispatcher, receiver, sequencer].reduce((sum, one) => sum + one.sum('callbus_ready'), 0), 4],
      };
    };
    let last: Record<string, [number, number]> = {};
    await until('all has been counted', async () => {
      last = await counts();
      return Object.values(last).every(([counted, happened]) => counted === happened);
    }).catch(() => undefined);
    expect(Object.entries(last).filter(([, [counted, happened]]) => counted !== happened)).toEqual([]);
    expect(last['posts that Graph saw']?.[0]).toBeGreaterThan(0);
  });

  it('have bounded labels: no id, no number, no token', async () => {
    for (const { samples } of Object.values(await metricsOf())) {
      const values = samples.flatMap(({ labels }) => Object.values(labels));
      expect(values.filter((value) => /[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}|\d{8}|eyJ/i.test(value))).toEqual([]);
      expect(samples.length).toBeLessThan(1_000);
    }
  });
});

describe('the logs', () => {
  it('have one line for each record that was handled, and one for each attempt to dial', async () => {
    const callId = await placeOverHttp(requestOf('seed-ex1'));
    await events.ended(callId);
    const linesOf = (name: string, message: string): Json[] =>
      stack
        .log(name)
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Json)
        .filter((line) => line['callId'] === callId && line['msg'] === message);
    const handled = (name: string, topic: string): Json[] =>
      linesOf(name, 'a record is done with').filter((line) => line['topic'] === `${stack.file.topicPrefix}${topic}`);
    const [number, text] = [expect.any(Number) as number, expect.any(String) as string];
    const well = { service: text, tenantId: stack.file.caller.tenantId, outcome: 'handled', attempts: 1, durationMs: number };

    const told = (): unknown[] => handled('notification-sequencer-1', 'observations').flatMap(({ events: types }) => types);
    const happened = (): unknown[] => events.history(callId).map(({ type }) => type);
    await until('the sequencer has logged all', () => told().length === happened().length);
    expect(told()).toEqual(happened());
    const observations = handled('notification-sequencer-1', 'observations');
    expect(new Set(observations.map(({ offset }) => offset)).size).toBe(observations.length);
    for (const line of observations) expect(line).toMatchObject({ ...well, kind: text, partition: number, group: text });
    expect(handled('call-dispatcher-1', 'commands')).toEqual([expect.objectContaining({ ...well, type: 'CreateCall' })]);
    const created = { attempt: 1, outcome: 'created', graphCallId: text, clientRequestId: text, durationMs: number };
    expect(linesOf('call-dispatcher-1', 'attempted')).toEqual([expect.objectContaining(created)]);
  });

  it('hold no token, secret, passcode, media blob, number or name, nor do the metrics and the traces (G8)', async () => {
    const samples = readdirSync(SAMPLES).map((name) => readFileSync(new URL(name, SAMPLES), 'utf8'));
    const member = (name: string): string[] =>
      samples.flatMap((text) => [...text.matchAll(new RegExp(`"${name}": *"([^"]+)"`, 'g'))].map(([, value = '']) => value));
    const numbers = samples.flatMap((text) => text.match(/\+\d{8,}/g) ?? []);
    const secrets = JSON.parse(readFileSync(join(stack.launcher.home, 'secrets.json'), 'utf8')) as Record<string, string>;
    // In words: a log may well have «user1» in an id.
    const names = member('displayName').map((name) => `"${name}"`);
    const forbidden = [
      ...numbers,
      ...Object.values(secrets),
      OTHER_APP.clientSecret,
      ...names,
      ...member('passcode'),
      ...member('blob'),
    ];
    expect(forbidden.length).toBeGreaterThan(10);
    const { processes } = stack.current();
    const texts = processes.map(({ name }) => [`log of ${name}`, stack.log(name)] as const);
    const metrics = await Promise.all(
      processes.map(async ({ name }) => [`metrics of ${name}`, (await Metrics.of(stack, name)).text] as const),
    );
    const traces = ['traces', collector.bodies.join('\n')] as const;
    expect(traces[1]).not.toBe('');
    for (const [what, text] of [...texts, ...metrics, traces]) {
      expect([what, forbidden.filter((value) => text.includes(value.replace('+', '')))]).toEqual([what, []]);
      expect([what, /eyJ[\w-]{4}/.exec(text)?.[0]]).toEqual([what, undefined]);
    }
  });
});
