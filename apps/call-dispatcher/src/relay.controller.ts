import { encodeObservation, partitionOf, topicName, TOPICS } from '@callbus/contracts';
import { OnRecord, type ReceivedRecord, type RecordContext, type RecordSender } from '@callbus/kafka';
import { Controller, Inject } from '@nestjs/common';
import { RECORD_SENDER, TOPIC_OPTIONS, type TopicOptions } from './injected.js';
import { Ledger } from './ledger.js';

export const RELAY_GROUP = 'call-dispatcher-relay';

/**
 * Reports what took effect in the ledger to the calls' histories, in a group of its own: so an outcome reaches the history
 * although the process that wrote it died.
 */
@Controller()
export class RelayController {
  constructor(
    private readonly ledger: Ledger,
    @Inject(RECORD_SENDER) private readonly sender: RecordSender,
    @Inject(TOPIC_OPTIONS) private readonly topics: TopicOptions,
  ) {}

  @OnRecord(TOPICS.dispatchLedger.name, { group: RELAY_GROUP })
  async report({ key, offset }: ReceivedRecord, { note }: RecordContext): Promise<void> {
    const observations = await this.ledger.reportAt(offset);
    note({ callId: String(key), tenantId: observations[0]?.tenantId, observations: observations.map(({ kind }) => kind) });
    const topic = topicName(this.topics.topicPrefix, TOPICS.observations);
    await this.sender.send(
      observations.map((observation) => ({
        topic,
        partition: partitionOf(observation.callId, this.topics.partitions),
        key: observation.callId,
        value: encodeObservation(observation),
      })),
    );
  }
}
