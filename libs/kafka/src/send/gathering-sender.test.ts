import { KafkaError } from '../port/errors.js';
import { GatheringSender, SENDER_LIMITS, type PartitionAck, type SendBatch } from './gathering-sender.js';
import type { OutgoingRecord } from '../port/kafka-client.js';

function record(partition: number, value: string): OutgoingRecord {
  return { topic: 't', partition, key: null, value };
}

/** A broker that takes what it is sent, unless told otherwise. */
class Broker {
  readonly sends: string[][] = [];
  readonly log = new Map<number, string[]>();
  /** Decides on a send in place of the broker; undefined: as usual. */
  decide: (records: readonly OutgoingRecord[]) => Error | 'leave-out-partition-1' | undefined = () => undefined;

  readonly send: SendBatch = async (records) => {
    this.sends.push(records.map(({ value }) => String(value)));
    await Promise.resolve();
    const decision = this.decide(records);
    if (decision instanceof Error) throw decision;
    const taken = decision === undefined ? records : records.filter(({ partition }) => partition !== 1);
    const acks = new Map<number, PartitionAck>();
    for (const { partition, value } of taken) {
      const log = this.log.get(partition) ?? [];
      this.log.set(partition, log);
      if (!acks.has(partition)) acks.set(partition, { topic: 't', partition, baseOffset: BigInt(log.length), appendedAtMs: 7 });
      log.push(String(value));
    }
    return [...acks.values()];
  };
}

const refusal = new KafkaError('RECORD_REFUSED', 'too large');

describe('GatheringSender', () => {
  it('sends what arrives together at once, and what arrives meanwhile next', async () => {
    const broker = new Broker();
    const sender = new GatheringSender(broker.send);
    const first = [sender.send([record(0, 'a')]), sender.send([record(1, 'b'), record(0, 'c')])];
    await new Promise((resolve) => setImmediate(resolve));
    const second = [sender.send([record(0, 'd')]), sender.send([record(0, 'e')])];
    expect(await Promise.all([...first, ...second])).toEqual([
      [{ topic: 't', partition: 0, offset: 0n, appendedAtMs: 7 }],
      [
        { topic: 't', partition: 1, offset: 0n, appendedAtMs: 7 },
        { topic: 't', partition: 0, offset: 1n, appendedAtMs: 7 },
      ],
      [{ topic: 't', partition: 0, offset: 2n, appendedAtMs: 7 }],
      [{ topic: 't', partition: 0, offset: 3n, appendedAtMs: 7 }],
    ]);
    expect(broker.sends).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('sends again what an answer left out, and nothing else (trap T1)', async () => {
    const broker = new Broker();
    broker.decide = () => (broker.sends.length === 1 ? 'leave-out-partition-1' : undefined);
    const sender = new GatheringSender(broker.send);
    const sent = await sender.send([record(0, 'a'), record(1, 'b'), record(1, 'c')]);
    expect(sent.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 0n],
      [1, 0n],
      [1, 1n],
    ]);
    expect(broker.sends).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
  });

  it('fails a record that every answer leaves out, rather than calling it sent (trap T1)', async () => {
    const broker = new Broker();
    broker.decide = () => 'leave-out-partition-1';
    const sender = new GatheringSender(broker.send);
    await expect(sender.send([record(1, 'a')])).rejects.toMatchObject({ code: 'SEND_FAILED' });
    expect(broker.sends).toHaveLength(SENDER_LIMITS.maxSends);
  });

  it('fails only the call whose record Kafka refuses', async () => {
    const broker = new Broker();
    broker.decide = (records) => (records.some(({ value }) => value === 'huge') ? refusal : undefined);
    const sender = new GatheringSender(broker.send);
    const results = await Promise.allSettled(['a', 'huge', 'b'].map((value) => sender.send([record(0, value)])));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'RECORD_REFUSED' } });
    expect(broker.log.get(0)).toEqual(['a', 'b']);
  });

  it('fails a send once, and sends the next one', async () => {
    const broker = new Broker();
    broker.decide = () => (broker.sends.length === 1 ? new Error('no broker') : undefined);
    const sender = new GatheringSender(broker.send);
    await expect(sender.send([record(0, 'a')])).rejects.toMatchObject({ code: 'SEND_FAILED' });
    await sender.send([record(0, 'b')]);
    expect(broker.log.get(0)).toEqual(['b']);
  });

  it('takes no more than it may hold, and takes more when there is room again', async () => {
    const broker = new Broker();
    const sender = new GatheringSender(broker.send, { ...SENDER_LIMITS, maxWaitingBytes: 300 });
    const first = sender.send([record(0, 'x'.repeat(150))]);
    await expect(sender.send([record(0, 'y')])).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await first;
    await expect(sender.send([record(0, 'y')])).resolves.toHaveLength(1);
  });

  it('splits what is too much for one send, and never a call', async () => {
    const broker = new Broker();
    const sender = new GatheringSender(broker.send, { ...SENDER_LIMITS, maxBatchRecords: 3 });
    await Promise.all([
      sender.send([record(0, 'a'), record(0, 'b')]),
      sender.send([record(0, 'c'), record(0, 'd')]),
      sender.send([record(0, 'e'), record(0, 'f'), record(0, 'g'), record(0, 'h')]),
    ]);
    expect(broker.sends).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f', 'g', 'h'],
    ]);
  });

  it('sends what waits before it closes, and takes nothing after', async () => {
    const broker = new Broker();
    const sender = new GatheringSender(broker.send);
    const sent = sender.send([record(0, 'a')]);
    await sender.close();
    await expect(sent).resolves.toHaveLength(1);
    await expect(sender.send([record(0, 'b')])).rejects.toMatchObject({ code: 'SENDER_CLOSED' });
  });
});
