import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConfigResourceTypes } from 'kafkajs';
import { developmentCertificates } from '../apps/local-stack/src/identities/development-ca.js';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { callbus, callbusJson, type Finished } from './support/callbus.js';
import { commandMessage, plainKafka, PlainProducer, PlainReader, type PlainMessage } from './support/plain-kafka.js';
import { whileStopped } from './support/standstill.js';
import { STACK_TIMEOUT_MS, StackForTests, until } from './support/stack-for-tests.js';

type Json = Record<string, unknown>;
interface Post {
  readonly callId: string;
  readonly attempt: number;
  readonly body: Json;
}

let stack: StackForTests;
let commands: PlainProducer;
let operatorCommands: PlainProducer;
let commandLog: PlainReader;
let operatorCommandLog: PlainReader;
let events: PlainReader;
let deadLetters: PlainReader;

beforeAll(async () => {
  stack = await StackForTests.start({
    environment: {
      'graph-simulator': { SIMULATOR_ESTABLISH_MS: '20', SIMULATOR_RING_MS: '50', SIMULATOR_TALK_MS: '200' },
      'call-dispatcher': { UNKNOWN_GRACE_MS: '1500' },
    },
  });
  const { kafka, topicPrefix } = stack.file;
  const read = (topic: string): Promise<PlainReader> => PlainReader.start(kafka.brokers, topicPrefix + topic);
  const write = (topic: string): Promise<PlainProducer> => PlainProducer.start(kafka.brokers, topicPrefix + topic);
  [commands, operatorCommands] = await Promise.all([write('commands'), write('operator-commands')]);
  [commandLog, operatorCommandLog, events, deadLetters] = await Promise.all(
    ['commands', 'operator-commands', 'events', 'commands.dead-letter'].map(read) as [
      Promise<PlainReader>,
      Promise<PlainReader>,
      Promise<PlainReader>,
      Promise<PlainReader>,
    ],
  );
}, STACK_TIMEOUT_MS);

afterAll(async () => {
  const opened = [commands, operatorCommands, commandLog, operatorCommandLog, events, deadLetters];
  await Promise.all(opened.map((one) => one.stop()));
  await stack.stop();
});

async function simulator(path: string, method = 'GET', body?: object): Promise<unknown> {
  const response = await stack.fetch(`${stack.file.simulator?.url ?? ''}/simulator/${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
}

async function postsOf(callId: string): Promise<Post[]> {
  const { posts } = (await simulator('posts')) as { posts: Post[] };
  return posts.filter((post) => post.callId === callId);
}

/** Microsoft's example of a call to one user, in the tenant of the stack's caller. */
function peerCall(): Json {
  const file = new URL('../libs/graph/fixtures/create-call/seed-ex1-request.json', import.meta.url);
  return { ...(JSON.parse(readFileSync(file, 'utf8')) as Json), tenantId: stack.file.caller.tenantId };
}

function createCall(callId: string): PlainMessage {
  return commandMessage('CreateCall', { callId, tenantId: stack.file.caller.tenantId, call: peerCall() });
}

/** Writes an unreadable command of the call and waits until it is handled; so all earlier ones are handled, too. */
async function untilTaken(callId: string, topic = commands): Promise<void> {
  const marker = { key: callId, value: `marker ${randomUUID()}` };
  await topic.send(marker);
  await until('the marker was taken', () => deadLetters.of(callId).some(({ value }) => String(value) === marker.value));
}

describe('a call of which nobody knows whether it was dialled', () => {
  const callId = randomUUID();
  let released: Finished;

  beforeAll(async () => {
    await simulator('faults', 'POST', { on: 'create', action: 'reset-after-read', match: { callId } });
    await commands.send(createCall(callId));
    await events.historyWith(callId, ({ type, data }) => type === 'CallOutcomeUnknown' && data['parked'] === true);
  });

  it('is listed with its tenant and its attempt', async () => {
    const parked = await callbusJson<Json[]>(stack, ['calls', 'parked']);
    expect(parked).toContainEqual({
      callId,
      tenantId: stack.file.caller.tenantId,
      attempt: 1,
      since: expect.stringMatching(/^20\d\d-.*Z$/) as string,
      isEndRequested: false,
      isForgotten: false,
    });
    const { output, exitCode } = await callbus(stack, ['calls', 'parked']);
    expect(exitCode).toBe(0);
    expect(output).toMatch(new RegExp(`${callId} +${stack.file.caller.tenantId} +1 `));
  });

  it('is shown in words, with what can be typed next, and with its timeline', async () => {
    const { exitCode, output } = await callbus(stack, ['calls', 'show', callId]);
    expect(exitCode).toBe(0);
    expect(output).toContain(`Call ${callId} is parked: attempt 1 was begun at 20`);
    expect(output).toContain('nobody knows whether it dialled');
    expect(output).toContain('It is not dialled again by itself.');
    expect(output).toContain(`calls release ${callId} --reason`);
    expect(output).toContain(`calls end ${callId}`);
    const types = [...output.matchAll(/Z {2}(ledger|events) +(\w+)/g)].map(
      ([, topic, type]) => `${String(topic)} ${String(type)}`,
    );
    expect(types).toEqual([
      'ledger Accepted',
      expect.stringMatching(/Intent|CallAccepted/),
      expect.stringMatching(/Intent|CallAccepted/),
      'ledger Unknown',
      'events CallOutcomeUnknown',
      'events CallOutcomeUnknown',
    ]);
  });

  it('is not dialled again by a release of any producer; the release is put aside with the fix in its reason', async () => {
    const data = { callId, tenantId: stack.file.caller.tenantId, attempt: 1, reason: 'forged', operator: 'ann' };
    await commands.send(commandMessage('ReleaseCall', data, randomUUID()));
    await untilTaken(callId);
    const { exitCode, output } = await callbus(stack, ['calls', 'show', callId]);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/put aside at .*: WRONG_TOPIC\. .*«callbus calls release»/)]);
    expect(output).toContain(`Call ${callId} is parked`);
    expect(await postsOf(callId)).toHaveLength(1);
  });

  it('is dialled exactly once more when it is released, and the operator is told what came of it', async () => {
    await simulator('script', 'PUT', { talkMs: 600_000, match: { callId } });
    released = await callbus(stack, [
      'calls',
      'release',
      callId,
      '--reason',
      'the callee says that it did not ring',
      '--operator',
      'ann',
    ]);
    expect(released.exitCode).toBe(0);
    expect(released.output).toContain('Attempt 1 was released by ann: the callee says that it did not ring.');
    expect(released.output).toContain(`Graph has created call ${callId} by attempt 2.`);
    expect((await postsOf(callId)).map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('is not dialled again by the same release, however often that is sent', async () => {
    await operatorCommandLog.caughtUp();
    const [release] = operatorCommandLog.of(callId);
    expect(String(release?.value)).toContain('ReleaseCall');
    const again = { key: callId, value: release?.value ?? null, headers: release?.headers ?? {} };
    await operatorCommands.send(again, again);
    await untilTaken(callId, operatorCommands);
    const { exitCode, output } = await callbus(stack, ['calls', 'release', callId, '--reason', 'again']);
    expect(exitCode).toBe(1);
    expect(output).toContain('Nothing was released');
    expect(await postsOf(callId)).toHaveLength(2);
  });

  it('is hung up', async () => {
    const { exitCode, output } = await callbus(stack, ['calls', 'end', callId]);
    expect(output).toContain(`Call ${callId} has ended.`);
    expect(exitCode).toBe(0);
    const { output: nothing, exitCode: code } = await callbus(stack, ['calls', 'end', callId]);
    expect([nothing.split('\n')[0], code]).toEqual(['There is nothing to end.', 0]);
  });
});

it('asks Graph again to end a call whose end it refused, as often as it is told to', async () => {
  const callId = randomUUID();
  const { tenantId } = stack.file.caller;
  await simulator('script', 'PUT', { talkMs: null, match: { callId } });
  const body = { error: { code: '8505', message: 'Precondition' } };
  await simulator('faults', 'POST', { on: 'end', action: 'status', status: 412, times: 2, body });
  await commands.send(createCall(callId));
  await events.historyWith(callId, ({ data }) => data['state'] === 'established');
  await commands.send(commandMessage('EndCall', { callId, tenantId }, randomUUID()));
  const refusals = (): number => events.history(callId).filter(({ type }) => type === 'CallEndFailed').length;
  await until('the first refusal is told', () => refusals() === 1);

  const refused = await callbus(stack, ['calls', 'end', callId]);
  expect([refused.exitCode, refused.output]).toEqual([1, expect.stringContaining('Graph refused to end it')]);
  await until('the second refusal is told', () => refusals() === 2);
  const ended = await callbus(stack, ['calls', 'end', callId]);
  expect([ended.exitCode, ended.output]).toEqual([0, expect.stringContaining('has ended')]);
  expect(refusals()).toBe(2);
});

describe('placing', () => {
  it('takes a file with the call, under an id of one’s own', async () => {
    const callId = randomUUID();
    const input = JSON.stringify(peerCall());
    const place = (): Promise<Finished> => callbus(stack, ['calls', 'place', '-', '--call-id', callId], { input });
    expect(await place()).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining(`Graph has created call ${callId}`) as string,
    });
    expect((await place()).exitCode).toBe(0);
    const other = JSON.stringify({ ...peerCall(), subject: 'another' });
    const taken = await callbus(stack, ['calls', 'place', '-', '--call-id', callId], { input: other });
    expect(taken).toMatchObject({ exitCode: 1, output: expect.stringContaining('taken by another call') as string });
    expect(await postsOf(callId)).toHaveLength(1);
  });

  it('takes the link of a meeting', async () => {
    const context = encodeURIComponent(
      JSON.stringify({ Tid: stack.file.caller.tenantId, Oid: '5810cede-f3cc-42eb-b2c1-e9bd5d53ec96' }),
    );
    const link = `https://teams.microsoft.com/l/meetup-join/19%3ameeting_Win6%40thread.v2/0?context=${context}`;
    const { callId, situation } = await callbusJson<{ callId: string; situation: string }>(stack, [
      'calls',
      'place',
      '--join-url',
      link,
    ]);
    expect(['live', 'ended']).toContain(situation);
    const [post] = await postsOf(callId);
    expect(post?.body['chatInfo']).toMatchObject({ threadId: '19:meeting_Win6@thread.v2', messageId: '0' });
    await events.historyWith(callId, ({ type }) => type === 'RosterUpdated');
    const show = async (...more: string[]): Promise<string> =>
      (await callbus(stack, ['calls', 'show', callId, '--json', ...more])).output;
    expect(await show()).not.toMatch(/"displayName": "(?!\[masked\])/);
    expect(await show('--reveal')).toMatch(/"displayName": "(?!\[masked\])/);
  });

  it('names every fault of a call, and places none', async () => {
    const { exitCode, output } = await callbus(stack, ['calls', 'place', '-'], { input: '{"targets": []}' });
    expect(exitCode).toBe(1);
    for (const path of ['tenantId', 'call.targets', 'call.mediaConfig']) expect(output).toContain(path);
  });

  it('is cancelled by an end that came before', async () => {
    const callId = randomUUID();
    const early = await callbus(stack, ['calls', 'end', callId]);
    expect([early.exitCode, early.errors]).toEqual([2, expect.stringContaining('--tenant')]);
    expect((await callbus(stack, ['calls', 'end', callId, '--tenant', stack.file.caller.tenantId])).exitCode).toBe(0);
    const input = JSON.stringify(peerCall());
    const { exitCode, output } = await callbus(stack, ['calls', 'place', '-', '--call-id', callId], { input });
    expect([exitCode, output]).toEqual([1, expect.stringContaining('ended before it was dialled')]);
    expect(await postsOf(callId)).toEqual([]);
  });
});

describe('dead letters', () => {
  interface Listed {
    readonly place: string;
    readonly reason: string;
    readonly original: { readonly key: string | null };
    readonly replayed: readonly string[];
    readonly asideAgain: readonly string[];
  }
  const key = `poison-${randomUUID()}`;
  const poison: PlainMessage = {
    key,
    value: 'not JSON, but "displayName": "Bob"',
    headers: { odd: Buffer.from([0, 255]), twice: ['a', 'b'] },
  };

  async function listed(...filter: string[]): Promise<readonly Listed[]> {
    return (await callbusJson<{ deadLetters: Listed[] }>(stack, ['dead-letters', 'list', ...filter])).deadLetters;
  }

  /** A record as the dispatcher puts it aside, but for its reason. */
  async function putAside({ key: itsKey, value, headers }: PlainMessage, timestampMs: number): Promise<string> {
    const { kafka, topicPrefix } = stack.file;
    const aside = await PlainProducer.start(kafka.brokers, `${topicPrefix}commands.dead-letter`);
    const why = {
      reason: 'UNEXPECTED',
      topic: `${topicPrefix}commands`,
      partition: '0',
      offset: '0',
      timestamp: String(timestampMs),
    };
    const named = Object.fromEntries(Object.entries(why).map(([name, text]) => [`dead-letter-${name}`, text]));
    await aside.send({ key: itsKey, value, headers: { ...headers, ...named } });
    await aside.stop();
    const [one] = await listed('--key', String(itsKey));
    return one?.place ?? '';
  }

  it('are listed by what is asked for, and shown whole, but for what only some may see', async () => {
    await commands.send(poison);
    await until('it is put aside', () => deadLetters.of(key).length === 1);
    const [letter] = await listed('--key', key, '--reason', 'NOT_JSON', '--since', '2020-01-01T00:00:00Z');
    expect(letter).toMatchObject({ reason: 'NOT_JSON', original: { key }, replayed: [] });
    expect(await listed('--key', key, '--reason', 'CONFLICT')).toEqual([]);
    const show = (...more: string[]): Promise<Finished> => callbus(stack, ['dead-letters', 'show', letter?.place ?? '', ...more]);
    expect((await show()).output).not.toContain('Bob');
    expect((await show('--reveal')).output).toContain('Bob');
    expect((await callbus(stack, ['dead-letters', 'show', 'commands.dead-letter/0/999999'])).exitCode).toBe(1);
  });

  it('are replayed as they came, and a replay that is put aside again counts for the first', async () => {
    const of = ['--key', key];
    const dry = await callbusJson<{ replayed: Json[] }>(stack, ['dead-letters', 'replay', ...of, '--dry-run']);
    expect(dry.replayed).toMatchObject([{ key, offset: null }]);
    await commandLog.caughtUp();
    expect(commandLog.of(key)).toHaveLength(1);
    for (const times of [1, 2]) {
      const { exitCode } = await callbus(stack, ['dead-letters', 'replay', ...of]);
      expect(exitCode).toBe(0);
      await until('it is put aside again', () => deadLetters.of(key).length === 1 + times);
    }
    await commandLog.caughtUp();
    const [original, ...replays] = commandLog.of(key);
    expect(replays).toHaveLength(2);
    for (const { key: itsKey, value, headers } of replays) {
      expect([itsKey, value]).toEqual([original?.key, original?.value]);
      const own = Object.entries(headers).filter(([name]) => !name.startsWith('replay-'));
      expect(Object.fromEntries(own)).toEqual(original?.headers);
    }
    const [letter] = await listed(...of);
    expect(letter).toMatchObject({ replayed: [expect.any(String), expect.any(String)], asideAgain: ['NOT_JSON', 'NOT_JSON'] });
  });

  it('of an operator’s command go back to its own topic, and are listed by it', async () => {
    const odd = { ...poison, key: `operator-${randomUUID()}` };
    await operatorCommands.send(odd);
    await until('it is put aside', () => deadLetters.of(odd.key).length === 1);
    expect((await callbus(stack, ['dead-letters', 'replay', '--key', odd.key])).exitCode).toBe(0);
    await until('it is put aside again', () => deadLetters.of(odd.key).length === 2);
    await Promise.all([operatorCommandLog.caughtUp(), commandLog.caughtUp()]);
    expect([operatorCommandLog.of(odd.key).length, commandLog.of(odd.key).length]).toEqual([2, 0]);
    const [letter] = await listed('--topic', 'operator-commands', '--key', odd.key);
    expect(letter).toMatchObject({ replayed: [expect.any(String)], asideAgain: ['NOT_JSON'] });
  });

  it('place a call when they are replayed, once however often', async () => {
    const callId = randomUUID();
    const place = await putAside(createCall(callId), Date.now());
    const replay = (): Promise<Finished> => callbus(stack, ['dead-letters', 'replay', place]);
    expect([(await replay()).exitCode, (await replay()).exitCode]).toEqual([0, 0]);
    await events.ended(callId);
    await untilTaken(callId);
    expect(await postsOf(callId)).toHaveLength(1);
  });

  it('have the time that they had: an old call expires and is never dialled', async () => {
    const callId = randomUUID();
    const place = await putAside(createCall(callId), Date.now() - 3 * 60_000);
    expect((await callbus(stack, ['dead-letters', 'replay', place])).exitCode).toBe(0);
    const history = await events.ended(callId);
    expect(history.at(-1)).toMatchObject({ type: 'CallCreationFailed', data: { reason: 'expired' } });
    expect(await postsOf(callId)).toEqual([]);
    expect((await callbus(stack, ['calls', 'show', callId])).output).toContain('now it is too late for it');
  });

  it('are not replayed without saying which', async () => {
    expect(await callbus(stack, ['dead-letters', 'replay'])).toMatchObject({ exitCode: 2, output: '' });
    expect((await callbus(stack, ['dead-letters', 'replay', '--all', '--reason', 'CONFLICT'])).exitCode).toBe(2);
    for (const command of ['replay', 'show']) {
      const faulty = await callbus(stack, ['dead-letters', command, 'calls.commands/0']);
      expect(faulty.exitCode).toBe(2);
      expect(faulty.errors).toContain('topic/partition/offset');
    }
  });
});

describe('doctor', () => {
  interface Finding {
    readonly check: string;
    readonly verdict: string;
    readonly found: string;
    readonly advice: string;
  }

  async function examined(environment: Record<string, string> = {}, ...args: string[]): Promise<readonly Finding[]> {
    return (await callbusJson<{ findings: Finding[] }>(stack, ['doctor', ...args], { environment })).findings;
  }

  /** What is wrong, by its check. */
  async function wrong(environment?: Record<string, string>, ...args: string[]): Promise<Record<string, string>> {
    const failed = (await examined(environment, ...args)).filter(({ verdict }) => verdict === 'failed');
    for (const { advice } of failed) expect(advice).not.toBe('');
    return Object.fromEntries(failed.map(({ check, found, advice }) => [check, `${found} ${advice}`]));
  }

  it('finds nothing wrong with a healthy stack, and has looked at everything', async () => {
    const { exitCode, output } = await callbus(stack, ['doctor']);
    expect(output).toContain('Nothing is wrong (warnings: 0, not looked at: 0).');
    expect(exitCode).toBe(0);
    const checks = [
      'Kafka',
      'topic ',
      'consumers of commands',
      'consumers of operator-commands',
      'consumers of observations',
      'ACLs',
      'token ',
      'peer calls',
      'group calls',
      'meeting calls',
      'pstn calls',
    ];
    for (const check of [...checks, 'callback address', 'callback keys', 'clock of the broker', 'clock of the authority']) {
      expect(output).toContain(`ok       ${check}`);
    }
  });

  it('writes nothing when it may only read', async () => {
    const ends = (): Promise<number[]> => Promise.all([endOf('commands'), endOf('operator-commands')]);
    const before = await ends();
    expect(await wrong({}, '--read-only')).toEqual({});
    expect(await ends()).toEqual(before);
  });

  it('names a Kafka that cannot be reached, and goes on with the rest', async () => {
    const findings = await examined({ KAFKA_BROKERS: '127.0.0.1:1' });
    expect(findings.filter(({ verdict }) => verdict === 'failed').map(({ check, found }) => [check, found])).toEqual([
      ['Kafka', expect.stringContaining('127.0.0.1:1')],
    ]);
    expect(findings.filter(({ verdict }) => verdict === 'ok').map(({ check }) => check)).toContain('callback keys');
  });

  it('names topics that are missing', async () => {
    const found = await wrong({ KAFKA_TOPIC_PREFIX: 'nowhere.' }, '--read-only');
    expect(Object.keys(found)).toHaveLength(9);
    expect(found['topic nowhere.commands']).toMatch(/missing/);
  });

  it('names a topic whose partitions or settings are wrong', async () => {
    expect((await wrong({ KAFKA_PARTITIONS: '6' }, '--read-only'))[`topic ${stack.file.topicPrefix}events`]).toContain(
      '12 partitions, not 6',
    );
    const topic = `${stack.file.topicPrefix}snapshots`;
    const config = [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'max.message.bytes', value: '8388608' },
    ];
    const lag = { name: 'min.compaction.lag.ms', value: '86400000' };
    await setConfig(topic, [...config, { ...lag, value: '1000' }]);
    try {
      expect(await wrong({}, '--read-only')).toEqual({
        [`topic ${topic}`]: expect.stringMatching(
          /min\.compaction\.lag\.ms is 1000 .*--add-config min\.compaction\.lag\.ms=86400000/,
        ) as string,
      });
    } finally {
      await setConfig(topic, [...config, lag]);
    }
  });

  it('names a token that is refused', async () => {
    const found = await wrong({ GRAPH_CLIENT_SECRET: 'wrong' });
    expect(found).toEqual({
      [`token of tenant ${stack.file.caller.tenantId}`]: expect.stringContaining('check the client secret') as string,
    });
  });

  it('names a role that is missing, and the calls that it keeps from being placed', async () => {
    const tenantId = randomUUID();
    await simulator(`tenants/${tenantId}`, 'PUT', { roles: ['Calls.Initiate.All', 'Calls.JoinGroupCall.All'] });
    expect(await wrong({}, '--tenant', tenantId)).toEqual({
      [`group calls in tenant ${tenantId}`]: expect.stringContaining('lacks the role Calls.InitiateGroupCall.All') as string,
    });
    expect(await wrong({}, '--tenant', tenantId, '--kinds', 'peer,pstn,meeting')).toEqual({});
  });

  it('names a callback address whose certificate is not trusted, or that nobody listens at', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'callbus-ca-'));
    const { certFile, keyFile } = await developmentCertificates(folder, Date.now());
    const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://localhost:${String((server.address() as AddressInfo).port)}`;
    const untrusted = await wrong({ CALLBACK_PUBLIC_URL: url }).finally(() => server.close());
    rmSync(folder, { recursive: true });
    expect(untrusted).toEqual({
      'callback address': expect.stringMatching(/certificate.*from an authority that Graph trusts/) as string,
    });
    expect(await wrong({ CALLBACK_PUBLIC_URL: url })).toEqual({
      'callback address': expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(await wrong({ CALLBACK_PUBLIC_URL: stack.file.simulator?.url ?? '' })).toEqual({
      'callback address': expect.stringContaining('Something else answers there') as string,
    });
  });

  it('names keys that cannot be read', async () => {
    expect(await wrong({ CALLBACK_OPENID_URL: `${stack.file.simulator?.url ?? ''}/nothing-here` })).toEqual({
      'callback keys': expect.stringContaining('404') as string,
    });
  });

  it('names a service of which nobody is at work, though its process runs', async () => {
    await whileStopped(stack.pid('call-dispatcher-1')!, async () => {
      let found: Record<string, string> = {};
      const isNamed = async (): Promise<boolean> => {
        found = await wrong({}, '--read-only');
        return 'consumers of commands' in found;
      };
      await until('it is named', isNamed, 60_000);
      expect(found['consumers of commands']).toMatch(/no process of call-dispatcher .* Start call-dispatcher/);
    });
    await until('nothing is wrong any more', async () => Object.keys(await wrong({}, '--read-only')).length === 0, 60_000);
  }, 150_000);

  it('names a clock that is wrong', async () => {
    const clock = new URL('faults/skewed-clock.mjs', import.meta.url).href;
    const found = await wrong({ NODE_OPTIONS: `--import=${clock}`, CLOCK_SKEW_MS: String(10 * 60_000) });
    for (const whose of ['the broker', 'the authority', 'the callback address']) {
      expect(found[`clock of ${whose}`]).toMatch(/(598|599|600)\.\d s ahead of it/);
    }
  });
});

describe('the command line', () => {
  it('says what there is, and what the exit codes mean', async () => {
    const { exitCode, output } = await callbus(stack, ['--help']);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/Exit codes: 0 .* 1 .* 2 /);
    expect((await callbus(stack, ['calls', 'dance'])).exitCode).toBe(2);
    expect((await callbus(stack, ['calls', 'show', 'not-a-uuid'])).exitCode).toBe(2);
    expect(await callbus(stack, ['calls', 'parked'], { environment: { KAFKA_PARTITIONS: 'many' } })).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('KAFKA_PARTITIONS') as string,
    });
  });

  it('puts nothing on a terminal that it would obey, whoever wrote it, and gives programs what was written', async () => {
    const key = `${randomUUID()}\u001b[31mRED\u0007\u009b\nrow`;
    await commands.send({ key, value: 'no command' });
    await until('it was put aside', () => deadLetters.of(key).length > 0);
    const list = await callbus(stack, ['dead-letters', 'list']);
    expect(list.output).toContain(String.raw`\u001b[31mRED\u0007\u009b\u000arow`);
    const unknown = await callbus(stack, ['calls', '\u001b[31mplace']);
    const missing = await callbus(stack, ['calls', 'place', '\u001b[31m.json']);
    for (const { errors } of [unknown, missing]) expect(errors).toContain(String.raw`\u001b[31m`);
    expect([list.output, unknown.errors, missing.errors].join('')).not.toMatch(/(?!\n)\p{Cc}/u);
    const found = await callbusJson<{ deadLetters: Json[] }>(stack, ['dead-letters', 'list', '--key', key]);
    expect(found.deadLetters).toMatchObject([{ original: { key } }]);
  });

  it('says that nobody knows a call, and where to look', async () => {
    const callId = randomUUID();
    await untilTaken(callId);
    const { exitCode, output } = await callbus(stack, ['calls', 'show', callId]);
    expect([exitCode, output]).toEqual([1, expect.stringContaining('Neither the ledger nor the history knows')]);
    expect(output).toMatch(/A command for it was put aside at .*: NOT_JSON.*dead-letters show /s);
    expect(output).not.toContain('no dispatcher has taken it');
  });

  it('works on the local stack by the npm script, without any setting', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'callbus-cli-'));
    try {
      symlinkSync(stack.launcher.home, join(folder, '.callbus'));
      symlinkSync(join(PROJECT_ROOT, 'apps'), join(folder, 'apps'));
      const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
        scripts: { callbus: string };
      };
      const script = scripts.callbus.replace(/^npm run --silent build && node /, `"${process.execPath}" `);
      const { stdout } = await promisify(execFile)('sh', ['-c', `${script} doctor`], { cwd: folder });
      expect(stdout).toContain('Nothing is wrong');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it(
    'is as the README says',
    async () => {
      const readme = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8');
      const section = readme.split('## Operate\n')[1]?.split('\n## ')[0] ?? '';
      const typed = [...section.matchAll(/npm run callbus -- ([^#\n]+)/g)].map(([, words = '']) => words.trim().split(/\s+/));
      expect(typed.length).toBeGreaterThan(5);
      const helped = await Promise.all(typed.map(async (words) => ({ words, ...(await callbus(stack, [...words, '--help'])) })));
      for (const { words, exitCode, output } of helped) {
        expect([words, exitCode]).toEqual([words, 0]);
        for (const option of words.filter((word) => word.startsWith('--'))) expect(output).toContain(option);
      }
    },
    STACK_TIMEOUT_MS,
  );
});

async function endOf(topic: string): Promise<number> {
  const admin = plainKafka(stack.file.kafka.brokers).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(stack.file.topicPrefix + topic);
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

async function setConfig(topic: string, configEntries: { name: string; value: string }[]): Promise<void> {
  const admin = plainKafka(stack.file.kafka.brokers).admin();
  await admin.connect();
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] });
  await admin.disconnect();
}

// The last one: doctor tells of such a batch for as long as it is kept.
it('lists dead letters beside a batch that nobody can read, and says that its own cannot be replayed', async () => {
  const headers = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`h${String(index)}`, 'x']));
  await commands.send({ key: randomUUID(), value: 'x', headers });
  const places = async (): Promise<string[]> => {
    const { deadLetters: found } = await callbusJson<{ deadLetters: Json[] }>(stack, [
      ...['dead-letters', 'list', '--reason', 'UNREADABLE_BATCH'],
    ]);
    return found.map(({ place }) => String(place));
  };
  await until('it is put aside and listed', async () => (await places()).length > 0);
  const [place = ''] = await places();
  expect((await callbus(stack, ['dead-letters', 'show', place])).output).toContain('cannot be sent again');
  const replay = await callbus(stack, ['dead-letters', 'replay', place]);
  expect(replay).toMatchObject({ exitCode: 1, output: expect.stringContaining(`${place} is left out`) });
});
