import { encodeObservation, partitionOf, topicName, TOPICS, type Observation } from '@callbus/contracts';
import type { RecordSender } from '@callbus/kafka';

/** Tells the calls' histories what the dispatcher knows of them. */
export class ObservationSender {
  constructor(
    private readonly sender: Pick<RecordSender, 'send'>,
    private readonly topics: { readonly topicPrefix: string; readonly partitions: number },
  ) {}

  /** @throws KafkaError as `RecordSender.send` */
  async send(observations: readonly Observation[]): Promise<void> {
    const { topicPrefix, partitions } = this.topics;
    const topic = topicName(topicPrefix, TOPICS.observations);
    await this.sender.send(
      observations.map((observation) => ({
        topic,
        partition: partitionOf(observation.callId, partitions),
        key: observation.callId,
        value: encodeObservation(observation),
      })),
    );
  }
}
