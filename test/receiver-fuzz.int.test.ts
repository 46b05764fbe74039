// Recorded callbacks and whole requests, mutated at random, against a running receiver: it takes what Graph may have sent, takes or
// refuses the rest, and lives.
// FUZZ_SEED repeats a run; FUZZ_RUNS says how many of each.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { CallbackKeys } from './support/callback-keys.js';
import { PlainReader } from './support/plain-kafka.js';
import { RawConnection } from './support/raw-connection.js';
import { newTopicPrefix, ReceiverProcess, type KnownCall } from './support/receiver-process.js';
import { until } from './support/stack-for-tests.js';
import { storedBody } from './support/stored-body.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 500);
const RECORDED = new URL('../libs/graph/fixtures/notifications/', import.meta.url);
const bodies = readdirSync(RECORDED).map((file) => readFileSync(new URL(file, RECORDED)));

let keys: CallbackKeys;
let observations: PlainReader;
let receiver: ReceiverProcess;
let call: KnownCall;

beforeAll(async () => {
  process.stdout.write(`fuzz seed ${seed}, ${numRuns} runs\n`);
  keys = await CallbackKeys.start();
  const topicPrefix = await newTopicPrefix(brokers);
  observations = await PlainReader.start(brokers, `${topicPrefix}observations`);
  receiver = await ReceiverProcess.start({ brokers, topicPrefix, keys });
  call = await receiver.newCall();
}, 60_000);

afterAll(async () => {
  await receiver.stop();
  await observations.stop();
  await keys.stop();
});

/** Where something is to change, as a share of the whole, how, and with which bytes. */
interface Mutation {
  readonly at: number;
  readonly length: number;
  readonly kind: 'replace' | 'insert' | 'remove' | 'repeat' | 'cut';
  readonly bytes: Uint8Array;
}

const nasty = [
  '"',
  '\\',
  '{',
  '[',
  ']',
  '}',
  ',',
  ':',
  '\0',
  '\r\n',
  '\r\n\r\n',
  '\ufeff',
  '\\ud800',
  '"__proto__":{},',
  '1e999',
  '-',
];
const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(64),
    kind: fc.constantFrom('replace', 'insert', 'remove', 'repeat', 'cut'),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 16 }),
      fc.constantFrom(...nasty).map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

function mutated(original: Buffer, changes: readonly Mutation[]): Buffer {
  return changes.reduce((whole, { at, length, kind, bytes }) => {
    const from = Math.floor(at * whole.length);
    const [before, part, after] = [whole.subarray(0, from), whole.subarray(from, from + length), whole.subarray(from + length)];
    switch (kind) {
      case 'replace':
        return Buffer.concat([before, bytes, after]);
      case 'insert':
        return Buffer.concat([before, bytes, part, after]);
      case 'remove':
        return Buffer.concat([before, after]);
      case 'repeat':
        return Buffer.concat([before, part, part, part, after]);
      case 'cut':
        return before;
    }
  }, original);
}

function isTakenOrRefused(status: number): boolean {
  return (status >= 200 && status < 300) || (status >= 400 && status < 500);
}

it('accepts any body with a genuine token, and stores it byte for byte', async () => {
  const taken: string[] = [];
  const send = async (body: Buffer): Promise<boolean> => {
    const { status } = await receiver.post(call, body);
    taken.push(body.toString('base64'));
    return status === 202;
  };
  const anyBody = fc.oneof(
    fc.tuple(fc.constantFrom(...bodies), mutations).map(([original, changes]) => mutated(original, changes)),
    fc.uint8Array({ maxLength: 256 }).map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(fc.asyncProperty(anyBody, send), { seed, numRuns });
  await until('all of it is on Kafka', () => {
    const stored = new Set(observations.of(call.callId).map((record) => storedBody(record).toString('base64')));
    return taken.every((body) => stored.has(body));
  });
}, 120_000);

it('takes or refuses whatever token comes', async () => {
  const send = async (changes: readonly Mutation[]): Promise<boolean> => {
    const text = mutated(Buffer.from(call.authorization), changes).toString('latin1');
    // What no client can put into a header comes in the requests below.
    const authorization = text.replace(/[^\t\x20-\x7e]/g, '~').trim();
    const { status } = await receiver.post({ ...call, authorization }, '{"value":[]}');
    return isTakenOrRefused(status);
  };
  await fc.assert(fc.asyncProperty(mutations, send), { seed, numRuns });
}, 120_000);

it('takes or refuses whatever bytes come as a request', async () => {
  const lines = [`POST ${call.path} HTTP/1.1`, 'Host: localhost', `Authorization: ${call.authorization}`];
  const whole = (body: Buffer): Buffer => {
    const head = [...lines, 'Content-Type: application/json', `Content-Length: ${body.length}`, '', ''].join('\r\n');
    return Buffer.concat([Buffer.from(head), body]);
  };
  const send = async (body: Buffer, changes: readonly Mutation[]): Promise<boolean> => {
    const connection = await RawConnection.open(receiver.port);
    connection.write(mutated(whole(body), changes));
    connection.finish();
    await connection.closed();
    return connection.statuses().every(isTakenOrRefused);
  };
  await fc.assert(fc.asyncProperty(fc.constantFrom(...bodies), mutations, send), { seed, numRuns });
}, 120_000);

it('lives on, and has nothing to mend', async () => {
  expect((await receiver.post(call, '{"value":[]}')).status).toBe(202);
  expect(receiver.isRunning).toBe(true);
  expect(receiver.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
