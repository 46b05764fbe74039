import { fileURLToPath } from 'node:url';
import { topicName, TOPICS } from '@callbus/contracts';
import type { RecordSender } from '@callbus/kafka';
import { topicsToEnsure, type StackForBench } from '@callbus/local-stack';
import { CommandTopic } from './command-topic.js';
import type { DispatchSystem } from './dispatch-system.js';

const PROCESS = 'obvious-stack';
const MAIN_FILE = fileURLToPath(new URL('../obvious-stack/main.js', import.meta.url));

/**
 * The obvious stack (bench/obvious-stack) as a system to be measured, with a commands topic of its own of the same settings,
 * so that the two do not dial the same commands. It has finished with a call when Graph's answer is there.
 */
export class ObviousStack implements DispatchSystem {
  readonly name = 'obvious stack';

  private constructor(
    private readonly stack: StackForBench,
    private readonly topic: string,
    readonly commands: CommandTopic,
  ) {}

  static async open(stack: StackForBench, sender: RecordSender): Promise<ObviousStack> {
    const { file, client, partitions } = stack;
    const topicPrefix = `${file.topicPrefix}obvious.`;
    const topic = topicName(topicPrefix, TOPICS.commands);
    const likeOurs = topicsToEnsure({ brokers: file.kafka.brokers, topicPrefix, partitions });
    await client.admin().ensureTopics(likeOurs.filter((one) => one.topic === topic));
    return new ObviousStack(stack, topic, new CommandTopic(sender, topic, partitions, file.caller.tenantId));
  }

  /** @param partitionsConsumedConcurrently of kafkajs, whose default is 1 */
  start(partitionsConsumedConcurrently: number): void {
    this.stack.startBeside({
      name: PROCESS,
      mainFile: MAIN_FILE,
      toldAs: 'call-dispatcher-1',
      environment: {
        COMMANDS_TOPIC: this.topic,
        PARTITIONS_CONSUMED_CONCURRENTLY: String(partitionsConsumedConcurrently),
      },
    });
  }

  async end(): Promise<void> {
    await this.stack.end(PROCESS);
  }

  hasFinished(): boolean {
    return true;
  }
}
