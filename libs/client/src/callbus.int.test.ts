import { randomUUID } from 'node:crypto';
import {
  ContractError,
  decodeCommand,
  encodeEvent,
  partitionOf,
  topicName,
  TOPICS,
  type CallEvent,
  type Command,
} from '@callbus/contracts';
import { createKafkaClient, type KafkaClient, type OutgoingRecord, type RecordSender } from '@callbus/kafka';
import { connectCallbus, type Callbus, type Gap, type SubscribeOptions, type Subscription } from './index.js';

const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const tenantId = '8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10';
const PARTITIONS = 2;

let topicPrefix: string;
let client: KafkaClient;
let sender: RecordSender;
let callbus: Callbus;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  client = createKafkaClient({ brokers, clientId: 'test', logger });
  sender = await client.sender();
});
afterAll(async () => {
  await sender.close();
  await client.close();
});
beforeEach(async () => {
  topicPrefix = `client-${randomUUID()}.`;
  const topics = [TOPICS.commands, TOPICS.events].map((topic) => topicName(topicPrefix, topic));
  await client.admin().ensureTopics(topics.map((topic) => ({ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} })));
  callbus = await connected();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function connected(): Promise<Callbus> {
  const one = await connectCallbus({ brokers, source: '/alerts', topicPrefix, logger });
  cleanUps.push(() => one.close());
  return one;
}

async function eventually(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function callIn(partition: number): string {
  for (;;) {
    const callId = randomUUID();
    if (partitionOf(callId, PARTITIONS) === partition) return callId;
  }
}

async function commands(): Promise<Command[]> {
  const read: Command[] = [];
  const onRecord = ({ key, value, headers }: Parameters<Parameters<KafkaClient['follow']>[0]['onRecord']>[0]): void => {
    read.push(decodeCommand(key, value, headers));
  };
  const follower = await client.follow({ topic: `${topicPrefix}commands`, onRecord, onFatal: nothing });
  await follower.caughtUp();
  await follower.stop();
  return read;
}

it('does not connect where there are no such topics, and says which is missing', async () => {
  const elsewhere = connectCallbus({ brokers, source: '/alerts', topicPrefix: 'elsewhere.', logger });
  await expect(elsewhere).rejects.toThrow('Missing: elsewhere.commands.');
});

describe('placing a call', () => {
  const call = { targets: [] };

  it('writes one CreateCall under the callId that it returns', async () => {
    const callId = await callbus.placeCall({ tenantId, call, ifUnknown: 'redial' });
    expect(await commands()).toEqual([{ type: 'CreateCall', data: { callId, tenantId, call, ifUnknown: 'redial' } }]);
  });

  it('is the same call under the same key, and another one without', async () => {
    const again = await connected();
    const ids = [
      await callbus.placeCall({ tenantId, call, key: 'alert-1' }),
      await again.placeCall({ tenantId, call, key: 'alert-1' }),
      await callbus.placeCall({ tenantId, call, key: 'alert-2' }),
      await callbus.placeCall({ tenantId, call }),
    ];
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  it('writes nothing that the dispatcher could not read, and says what is wrong', async () => {
    const withoutTenant = callbus.placeCall({ tenantId: 'contoso', call });
    await expect(withoutTenant).rejects.toThrow(ContractError);
    await expect(withoutTenant).rejects.toThrow(/tenantId: /);
    await expect(callbus.placeCall({ tenantId, call, notAfter: 'soon' })).rejects.toThrow(/notAfter: .*RFC 3339/);
    expect(await commands()).toEqual([]);
  });

  it('can be ended', async () => {
    const callId = randomUUID();
    await callbus.endCall({ callId, tenantId });
    expect(await commands()).toEqual([{ type: 'EndCall', data: { callId, tenantId } }]);
  });
});

describe('a subscription', () => {
  const CALL = '0d8a0a4e-6a0f-4a51-9d0b-4f6c2f2f8a11';

  function tone(sequence: number, callId = CALL): OutgoingRecord {
    const event: CallEvent = {
      type: 'CallToneReceived',
      sequence,
      time: '2026-01-01T00:00:00.000Z',
      subject: { callId, graphCallId: null, tenantId, appId: tenantId },
      data: { toneInfo: { sequenceId: sequence }, late: false },
    };
    return { topic: `${topicPrefix}events`, partition: partitionOf(callId, PARTITIONS), key: callId, ...encodeEvent(event) };
  }

  /** @returns the sequences handled so far, and the subscription */
  async function listen(
    options: Partial<SubscribeOptions> = {},
    by: Callbus = callbus,
  ): Promise<{ heard: number[]; subscription: Subscription }> {
    const heard: number[] = [];
    const on = { CallToneReceived: ({ sequence }: { sequence: string }) => void heard.push(Number(sequence)) };
    const subscription = await by.subscribe({ group: `${topicPrefix}g`, on, ...options });
    return { heard, subscription };
  }

  const committedTo = (offset: bigint) => async (): Promise<boolean> => {
    const committed = await client.admin().committed(`${topicPrefix}g`, `${topicPrefix}events`);
    return committed.get(partitionOf(CALL, PARTITIONS)) === offset;
  };

  it('hands each event to the handler of its type once, in order, and drops repeats', async () => {
    const { heard } = await listen();
    await sender.send([1, 2, 2, 1, 3].map((sequence) => tone(sequence)));
    await eventually('all are committed', committedTo(5n));
    expect(heard).toEqual([1, 2, 3]);
  });

  it('reports a gap, and handles what is behind it', async () => {
    const gaps: Gap[] = [];
    const { heard } = await listen({ onGap: (gap) => void gaps.push(gap) });
    await sender.send([tone(1), tone(4)]);
    await eventually('both are handled', () => heard.length === 2);
    expect(gaps).toMatchObject([{ callId: CALL, missing: 2, before: { sequence: '0000000004' } }]);
  });

  it('passes over types without a handler, also those that no release knows yet, and still counts them', async () => {
    const gaps: Gap[] = [];
    const { heard } = await listen({ onGap: (gap) => void gaps.push(gap) });
    const later = tone(2);
    const value = String(later.value).replaceAll('CallToneReceived', 'CallHummed');
    await sender.send([tone(1), { ...later, value }, tone(3)]);
    await eventually('all are committed', committedTo(3n));
    expect({ heard, gaps }).toEqual({ heard: [1, 3], gaps: [] });
  });

  it('goes on where its group has committed, and sees no gap in what others have handled', async () => {
    const gaps: Gap[] = [];
    const onGap = (gap: Gap): void => void gaps.push(gap);
    const first = await listen({ onGap });
    await sender.send([tone(1), tone(2)]);
    await eventually('the first has committed', committedTo(2n));
    await first.subscription.stop();
    const second = await listen({ onGap }, await connected());
    await sender.send([tone(3)]);
    await eventually('the second has heard', () => second.heard.length > 0);
    expect({ first: first.heard, second: second.heard, gaps }).toEqual({ first: [1, 2], second: [3], gaps: [] });
  });

  it('ends with the error of a handler, and the next one begins with that event', async () => {
    const broken = new Error('the database is away');
    const on = { CallToneReceived: () => Promise.reject(broken) };
    const first = await listen({ on });
    await sender.send([tone(1)]);
    await expect(first.subscription.ended).rejects.toBe(broken);
    await first.subscription.stop();
    const second = await listen();
    await eventually('the second has heard', () => second.heard.length > 0);
    expect(second.heard).toEqual([1]);
  });

  it('goes on behind what is put aside: an event whose handler threw, and a record that is none', async () => {
    const aside: string[] = [];
    const gaps: Gap[] = [];
    const heard: number[] = [];
    const on = {
      CallToneReceived: ({ sequence }: { sequence: string }) => {
        if (sequence === '0000000002') throw new Error('not this one');
        heard.push(Number(sequence));
      },
    };
    const putAside = (_record: unknown, error: unknown): Promise<void> => {
      aside.push((error as Error).message);
      return Promise.resolve();
    };
    await listen({ on, putAside, onGap: (gap) => void gaps.push(gap) });
    await sender.send([tone(1), tone(2), { ...tone(3), value: 'none' }, tone(3)]);
    await eventually('all are committed', committedTo(4n));
    expect(heard).toEqual([1, 3]);
    expect(aside).toEqual(['not this one', expect.stringContaining('not JSON')]);
    expect(gaps).toEqual([]);
  });

  it('forgets what others have gone on with, so that their work is no gap', async () => {
    const gaps: Gap[] = [];
    const onGap = (gap: Gap): void => void gaps.push(gap);
    const { heard } = await listen({ onGap });
    await sender.send([tone(1)]);
    await eventually('the first has committed', committedTo(1n));
    const other = await listen({ onGap }, await connected());
    const calls = Array.from({ length: PARTITIONS }, (_, partition) => callIn(partition));
    await eventually('both have partitions', async () => {
      await sender.send(calls.map((callId) => tone(1, callId)));
      return other.heard.length > 0 && heard.length > 1;
    });
    await sender.send([tone(2)]);
    await eventually('somebody has heard', () => [...heard, ...other.heard].includes(2));
    await other.subscription.stop();
    await sender.send([tone(3)]);
    await eventually('the one that is left has heard', () => heard.includes(3));
    expect(gaps).toEqual([]);
  });
});
