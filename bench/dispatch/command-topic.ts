import { randomUUID } from 'node:crypto';
import { createCallCommand, encodeCloudEvent, partitionOf } from '@callbus/contracts';
import type { RecordSender } from '@callbus/kafka';

/** A command that is on Kafka. */
export interface PlacedCommand {
  readonly callId: string;
  /** The broker's LogAppendTime, milliseconds since 1970. */
  readonly appendedAtMs: number;
}

const CALL = {
  '@odata.type': '#microsoft.graph.call',
  targets: [
    {
      '@odata.type': '#microsoft.graph.invitationParticipantInfo',
      identity: {
        '@odata.type': '#microsoft.graph.identitySet',
        user: { '@odata.type': '#microsoft.graph.identity', id: '112f7296-5fa4-42ca-bae8-6a692b15d4b8' },
      },
    },
  ],
  requestedModalities: ['audio'],
  mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
};

/** Where the commands of one system lie. Both systems have the same command, in the same envelope. */
export class CommandTopic {
  constructor(
    private readonly sender: RecordSender,
    private readonly topic: string,
    private readonly partitions: number,
    private readonly tenantId: string,
  ) {}

  /** Resolves when Kafka has it; what is placed in one turn goes there together. */
  async place(): Promise<PlacedCommand> {
    const callId = randomUUID();
    const [sent] = await this.sender.send([this.record(callId)]);
    if (sent?.appendedAtMs == null) throw new Error(`${this.topic} has no LogAppendTime`);
    return { callId, appendedAtMs: sent.appendedAtMs };
  }

  private record(callId: string) {
    const { tenantId } = this;
    const command = createCallCommand('/bench', { callId, tenantId, call: { ...CALL, tenantId } });
    return { topic: this.topic, partition: partitionOf(callId, this.partitions), key: callId, ...encodeCloudEvent(command) };
  }
}
