import { join } from 'node:path';
import { partitionOf, topicName, TOPICS } from '@callbus/contracts';
import type { KafkaClient, RecordSender } from '@callbus/kafka';
import { createTopics, freePort, kafkaAccess, PROJECT_ROOT, until, type KafkaForTests } from '@callbus/local-stack';

const PARTITIONS = 12;
const MAIN_FILE = join(PROJECT_ROOT, 'apps', 'notification-ingest', 'dist', 'main.js');
const START_TIMEOUT_MS = 60_000;
/** Records that are handed to a sender before it has to have sent them. */
const SENT_TOGETHER = 2_000;

interface Message {
  readonly key: string;
  readonly value: Buffer;
}

/** Topics of a prefix of their own, in which sequencers work. */
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
  async fill(topic: 'observations' | 'snapshots', messages: Iterable<Message>): Promise<void> {
    let together: Message[] = [];
    const send = async (): Promise<void> => {
      const records = together.map(({ key, value }) => {
        return { topic: this.topic(topic), partition: partitionOf(key, PARTITIONS), key, value };
      });
      together = [];
      await this.sender.send(records);
    };
    for (const message of messages) {
      together.push(message);
      if (together.length === SENT_TOGETHER) await send();
    }
    await send();
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
  async startSequencer(): Promise<Sequencer> {
    const { brokers, group } = this.kafka;
    const managementPort = await freePort();
    const name = `sequencer-of-${this.prefix}${managementPort}`;
    const environment = {
      ...process.env,
      NODE_ENV: 'production',
      NOTIFICATION_INGEST_ROLES: 'sequencer',
      MANAGEMENT_HOST: '127.0.0.1',
      MANAGEMENT_PORT: String(managementPort),
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: this.prefix,
      KAFKA_PARTITIONS: String(PARTITIONS),
    };
    const args = ['--enable-source-maps', MAIN_FILE];
    const { pid, ended } = group.start({ name, command: process.execPath, args, environment });
    const died = ended.then(({ isExpected }) => {
      if (!isExpected) throw new Error(`the sequencer has ended by itself; see ${this.kafka.home}`);
    });
    died.catch(() => undefined);
    return {
      pid,
      untilReady: () => Promise.race([until('the sequencer is ready', () => isReady(managementPort), START_TIMEOUT_MS), died]),
      end: () => group.end([name]),
    };
  }
}

export interface Sequencer {
  readonly pid: number;
  untilReady(): Promise<void>;
  end(): Promise<void>;
}

async function isReady(managementPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${managementPort}/readyz`)).ok;
  } catch {
    return false;
  }
}
