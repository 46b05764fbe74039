import { encodeCloudEvent, placeOfKey, TOPICS, type CloudEvent, type CreateCallData, type EndCallData } from '@callbus/contracts';
import { KafkaError, sendWithin, type RecordSender } from '@callbus/kafka';
import { unavailable } from '../http/api-error.js';
import type { GatewayMetrics } from '../gateway-metrics.js';

export interface CommandLogOptions {
  readonly sender: RecordSender;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly timeoutMs: number;
  readonly metrics: GatewayMetrics;
}

/** The source of the gateway's commands, as CloudEvents name it. */
export const COMMAND_SOURCE = '/gateway';

const RETRY_AFTER_SECONDS = 2;

/** Writes commands to Kafka. */
export class CommandLog {
  constructor(private readonly options: CommandLogOptions) {}

  /** Resolves when all in-sync replicas have them. @throws ApiError 503: they may be written or not */
  async append(...commands: readonly CloudEvent<CreateCallData | EndCallData>[]): Promise<void> {
    const { sender, timeoutMs, metrics } = this.options;
    const records = commands.map((command) => ({
      ...placeOfKey(TOPICS.commands, command.data.callId, this.options),
      ...encodeCloudEvent(command),
    }));
    const late = (): Error => notTaken(`Kafka did not confirm the command within ${String(timeoutMs)} ms.`);
    try {
      await sendWithin(timeoutMs, sender, records, late);
      for (const { type } of commands) metrics.command(type);
    } catch (error) {
      throw error instanceof KafkaError ? notTaken('Kafka does not take commands now.', error) : error;
    }
  }
}

function notTaken(what: string, cause?: unknown): Error {
  const advice =
    'It may be taken all the same. Repeat the request with the same Idempotency-Key: then it is one call; ' +
    'where it had none, see what is at Location first.';
  return unavailable(`${what} ${advice}`, RETRY_AFTER_SECONDS, cause);
}
