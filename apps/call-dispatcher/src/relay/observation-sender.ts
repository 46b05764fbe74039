import { encodeObservation, placeOfKey, TOPICS, type Observation } from '@callbus/contracts';
import type { RecordSender } from '@callbus/kafka';

/** Tells the calls' histories what the dispatcher knows of them. */
export class ObservationSender {
  constructor(
    private readonly sender: Pick<RecordSender, 'send'>,
    private readonly topics: { readonly topicPrefix: string; readonly partitions: number },
  ) {}

  /** @throws KafkaError as `RecordSender.send` */
  async send(observations: readonly Observation[]): Promise<void> {
    await this.sender.send(
      observations.map((observation) => ({
        ...placeOfKey(TOPICS.observations, observation.callId, this.topics),
        value: encodeObservation(observation),
      })),
    );
  }
}
