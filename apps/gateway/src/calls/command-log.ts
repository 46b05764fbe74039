import {
  encodeCloudEvent,
  partitionOf,
  topicName,
  TOPICS,
  type CloudEvent,
  type CreateCallData,
  type EndCallData,
} from '@callbus/contracts';
import { KafkaError, type RecordSender } from '@callbus/kafka';
import { unavailable } from '../http/api-error.js';
import type { GatewayMetrics } from '../gateway-metrics.js';

export interface CommandLogOptions {
  readonly sender: RecordSender;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly timeoutMs: number;
  readonly metrics: GatewayMetrics;
}

const RETRY_AFTER_SECONDS = 2;

/** Writes commands to Kafka. */
export class CommandLog {
  constructor(private readonly options: CommandLogOptions) {}

  /** Resolves when all in-sync replicas have them. @throws ApiError 503: they may be written or not */
  async append(...commands: readonly CloudEvent<CreateCallData | EndCallData>[]): Promise<void> {
    const { sender, topicPrefix, partitions, timeoutMs, metrics } = this.options;
    const records = commands.map((command) => ({
      topic: topicName(topicPrefix, TOPICS.commands),
      partition: partitionOf(command.data.callId, partitions),
      key: command.data.callId,
      ...encodeCloudEvent(command),
    }));
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(notTaken(`Kafka did not confirm the command within ${String(timeoutMs)} ms.`));
    }, timeoutMs);
    try {
      await Promise.race([sender.send(records), late]);
      for (const { type } of commands) metrics.command(type);
    } catch (error) {
      throw error instanceof KafkaError ? notTaken('Kafka does not take commands now.', error) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}

function notTaken(what: string, cause?: unknown): Error {
  const advice =
    'It may be taken all the same. Repeat the request with the same Idempotency-Key: then it is one call; ' +
    'where it had none, see what is at Location first.';
  return unavailable(`${what} ${advice}`, RETRY_AFTER_SECONDS, cause);
}
