import { join } from 'node:path';
import { placeOfKey, topicName, TOPICS } from '@callbus/contracts';
import type { KafkaClient, RecordSender } from '@callbus/kafka';
import { createTopics, freePort, kafkaAccess, PROJECT_ROOT, until, type KafkaForTests } from '@callbus/local-stack';

const PARTITIONS = 12;
const START_TIMEOUT_MS = 60_000;
const COMMIT_TIMEOUT_MS = 300_000;
/** Records that are handed to a sender before it has to have sent them. */
const SENT_TOGETHER = 2_000;

interface Message {
  readonly key: string;
  readonly value: Buffer;
}

/** Topics of a prefix of their own, in which services work. */
export class Installation {
  private constructor(
    private readonly kafka: KafkaForTests,
    private readonly prefix: string,
    readonly client: KafkaClient,
    private readonly sender: RecordSender,
  ) {}

  static async create(kafka: KafkaForTests, name: string): Promise<Installation> {
    const prefix = `${name}.`;
    const client = kafkaAccess(kafka.brokers, kafka.home);
    await createTopics(client, { brokers: kafka.brokers, topicPrefix: prefix, partitions: PARTITIONS });
    return new Installation(kafka, prefix, client, await client.sender());
  }

  async close(): Promise<void> {
    await this.sender.close();
    await this.client.close();
  }

  topic(topic: keyof typeof TOPICS): string {
    return topicName(this.prefix, TOPICS[topic]);
  }

  /** Writes them in their order, those of each key. */
  async fill(topic: keyof typeof TOPICS, messages: Iterable<Message>): Promise<void> {
    let together: Message[] = [];
    const send = async (): Promise<void> => {
      const installation = { topicPrefix: this.prefix, partitions: PARTITIONS };
      const records = together.map(({ key, value }) => ({ ...placeOfKey(TOPICS[topic], key, installation), value }));
      together = [];
      await this.sender.send(records);
    };
    for (const message of messages) {
      together.push(message);
      if (together.length === SENT_TOGETHER) await send();
    }
    await send();
  }

  /** Has a consumer group commit all that is in a topic now. */
  async commitAll(group: string, topic: keyof typeof TOPICS): Promise<void> {
    const [admin, name] = [this.client.admin(), this.topic(topic)];
    const fullName = `${this.prefix}${group}`;
    const handler = (): Promise<void> => Promise.resolve();
    const failed = Promise.withResolvers<never>();
    const consumer = await this.client.consume({ topic: name, group: fullName, handler, onFatal: failed.reject });
    const isDone = async (): Promise<boolean> => {
      const committed = await admin.committed(fullName, name);
      return (await admin.offsets(name)).every(({ partition, end }) => end === 0n || committed.get(partition) === end);
    };
    await Promise.race([until(`${fullName} has committed all`, isDone, COMMIT_TIMEOUT_MS), failed.promise]);
    await consumer.stop();
  }

  /** How many records of the observations topic are committed, of how many. */
  async folded(): Promise<{ readonly committed: number; readonly all: number }> {
    const admin = this.client.admin();
    const topic = this.topic('observations');
    const offsets = await admin.committed(`${this.prefix}notification-sequencer`, topic);
    const ranges = await admin.offsets(topic);
    const sum = (values: readonly bigint[]): number => Number(values.reduce((total, value) => total + value, 0n));
    return { committed: sum([...offsets.values()].map((offset) => offset ?? 0n)), all: sum(ranges.map(({ end }) => end)) };
  }

  /** A built sequencer as a process of its own, as soon as it runs. */
  startSequencer(): Promise<Service> {
    return this.start('notification-ingest', { NOTIFICATION_INGEST_ROLES: 'sequencer' });
  }

  /** A built service as a process of its own, as soon as it runs. @param nodeOptions of the process itself */
  async start(app: string, settings: Readonly<Record<string, string>>, nodeOptions: readonly string[] = []): Promise<Service> {
    const { brokers, group } = this.kafka;
    const managementPort = await freePort();
    const name = `${app}-of-${this.prefix}${managementPort}`;
    const environment = {
      ...process.env,
      NODE_ENV: 'production',
      ...settings,
      MANAGEMENT_HOST: '127.0.0.1',
      MANAGEMENT_PORT: String(managementPort),
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: this.prefix,
      KAFKA_PARTITIONS: String(PARTITIONS),
    };
    const args = ['--enable-source-maps', ...nodeOptions, join(PROJECT_ROOT, 'apps', app, 'dist', 'main.js')];
    const { pid, ended } = group.start({ name, command: process.execPath, args, environment });
    const died = ended.then(({ isExpected }) => {
      if (!isExpected) throw new Error(`the ${app} has ended by itself; see ${this.kafka.home}`);
    });
    died.catch(() => undefined);
    return {
      pid,
      untilReady: (timeoutMs = START_TIMEOUT_MS) =>
        Promise.race([until(`the ${app} is ready`, () => isReady(managementPort), timeoutMs), died]),
      end: () => group.end([name]),
    };
  }
}

export interface Service {
  readonly pid: number;
  /** @throws Error when it ends before */
  untilReady(timeoutMs?: number): Promise<void>;
  end(): Promise<void>;
}

async function isReady(managementPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${managementPort}/readyz`)).ok;
  } catch {
    return false;
  }
}
