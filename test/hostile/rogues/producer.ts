// Somebody who may write commands, and writes what no producer should.
import { randomUUID } from 'node:crypto';
import kafkajs, { type CompressionTypes as Compression, type Message } from 'kafkajs';
import { registerCodecs } from '../../support/plain-codecs.ts';
import { obeyParent, targets, type Attack } from './rogue.ts';

type Json = Readonly<Record<string, unknown>>;

// Node finds no other named exports in this CommonJS module.
const { CompressionTypes, Kafka, logLevel } = kafkajs;
registerCodecs();
const CODECS = [
  CompressionTypes.None,
  CompressionTypes.GZIP,
  CompressionTypes.Snappy,
  CompressionTypes.LZ4,
  CompressionTypes.ZSTD,
] as const;
const { brokers, topicPrefix, liveCallId, otherTenantId: tenantId, call } = targets();
const producer = new Kafka({ brokers: [...brokers], clientId: 'rogue', logLevel: logLevel.NOTHING }).producer();
await producer.connect();

function event(type: string, data: Json, id: string = randomUUID(), more: Json = {}): Message {
  const key = typeof data['callId'] === 'string' ? data['callId'] : id;
  const value = JSON.stringify({ specversion: '1.0', id, source: '/rogue', type, data, ...more });
  return { key, value, headers: { 'content-type': 'application/cloudevents+json' } };
}

const create = (more: Json = {}): Message => {
  const callId = randomUUID();
  return event('CreateCall', { callId, tenantId, call: { ...call, ...more } }, callId);
};
const value = (text: string | Buffer | null): Message => ({ key: randomUUID(), value: text });

/** Records that are no commands, or damaged ones. */
const GARBAGE: readonly (() => Message)[] = [
  () => value('not JSON'),
  () => value(null),
  () => value(''),
  () => value(Buffer.from([0, 0, 0, 0, 255, 254])),
  () => value('{"hello":"world"}'),
  () => value(`{"specversion":"1.0","data":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
  () => ({ key: null, value: 'no key' }),
  () => ({ ...create(), key: randomUUID() }),
  () => ({ ...create(), key: Buffer.alloc(50_000, 'k') }),
  () => ({ ...create(), headers: { 'content-type': 'application/cloudevents+json', long: 'x'.repeat(50_000) } }),
  () => ({ ...create(), headers: { ce_specversion: '1.0', ce_type: 'CreateCall' } }),
  () => {
    const { key, value: whole } = create();
    return { key: key as string, value: String(whole).slice(0, -20) };
  },
  () => event('MakeCoffee', { callId: randomUUID() }),
  () => event('CreateCall', { callId: randomUUID(), tenantId: 'nobody', call: [] }),
  () => event('CreateCall', { callId: randomUUID(), tenantId, call }, randomUUID(), { specversion: '9.9' }),
  () => event('CreateCall', { callId: '../../etc/passwd', tenantId, call }),
  () => create({ subject: 'x'.repeat(100_000) }),
  () => create({ targets: Array.from({ length: 10_000 }, () => ({})) }),
  () => create({ subject: '\ud800' }),
];

/** A megabyte of text, which no codec makes smaller; and what inflates to many times what a topic takes. */
const HUGE = value(`"${'x'.repeat(1_000_000)}"`);
const BOMBS: readonly { readonly compression: Compression; readonly message: Message }[] = [
  { compression: CompressionTypes.GZIP, message: value(`[${'{},'.repeat(8_000_000)}{}]`) },
  { compression: CompressionTypes.ZSTD, message: value(`[${'{},'.repeat(16_000_000)}{}]`) },
  { compression: CompressionTypes.ZSTD, message: value(Buffer.alloc(100_000_000)) },
];
/** A call of about the largest size that is taken, in texts that have the largest one each. */
const LARGEST = { others: Array.from({ length: 15 }, () => 'x'.repeat(4_000)) };

async function send(topic: string, message: Message, compression: Compression = CompressionTypes.None): Promise<string> {
  await producer.send({ topic: `${topicPrefix}${topic}`, messages: [message], compression, timeout: 10_000 });
  return 'written';
}

function turns<T>(choices: readonly T[]): () => T {
  let next = 0;
  return () => choices[next++ % choices.length] as T;
}
const garbage = turns(GARBAGE);
const codec = turns(CODECS);
const topic = turns(['commands', 'commands', 'operator-commands']);
const bomb = turns(BOMBS);

/** The broker accepts all of these records; their readers have to cope. */
const WRITTEN = ['written'];

const ATTACKS: readonly Attack[] = [
  { name: 'garbage', perSecond: 5, comesTo: WRITTEN, attempt: () => send(topic(), garbage()(), codec()) },
  { name: 'huge records', perSecond: 0.25, comesTo: WRITTEN, attempt: () => send(topic(), { ...HUGE, key: randomUUID() }) },
  {
    name: 'bombs',
    perSecond: 0.05,
    comesTo: WRITTEN,
    attempt: () => {
      const { compression, message } = bomb();
      return send('commands', { ...message, key: randomUUID() }, compression);
    },
  },
  {
    name: 'forged releases',
    perSecond: 0.5,
    comesTo: WRITTEN,
    attempt: () => {
      const release = { callId: liveCallId, tenantId, attempt: 1, reason: 'none', operator: 'rogue' };
      return send('commands', event('ReleaseCall', release), codec());
    },
  },
  {
    name: 'ends of another tenant’s call',
    perSecond: 0.5,
    comesTo: WRITTEN,
    attempt: () => send('commands', event('EndCall', { callId: liveCallId, tenantId })),
  },
  {
    name: 'ends of unknown calls',
    perSecond: 1,
    comesTo: WRITTEN,
    attempt: () => send('commands', event('EndCall', { callId: randomUUID(), tenantId })),
  },
  { name: 'largest calls', perSecond: 0.25, comesTo: WRITTEN, attempt: () => send('commands', create(LARGEST), codec()) },
];

obeyParent(ATTACKS);
