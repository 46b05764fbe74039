import { setTimeout as delay } from 'node:timers/promises';
import { encodeObservation, GROUPS, partitionOf, topicName, TOPICS } from '@callbus/contracts';
import { OnRecord, type ReceivedRecord, type RecordContext, type RecordSender } from '@callbus/kafka';
import { Controller, Inject } from '@nestjs/common';
import { BrokerClock } from '../ledger/broker-clock.js';
import { RECORD_SENDER, RELAY_OPTIONS } from '../injected.js';
import { Ledger } from '../ledger/ledger.js';

export interface RelayOptions {
  readonly topicPrefix: string;
  readonly partitions: number;
  /** Milliseconds, counted from the record's LogAppendTime. */
  readonly lingerMs: number;
}

/**
 * Reports what took effect in the ledger to the calls' histories, in a group of its own: so an outcome reaches the history
 * although the process that wrote it died. It lingers first: an Accepted may have come in one send with an Intent, whose dial
 * goes before the report. What is older, as after an outage, does not wait.
 */
@Controller()
export class RelayController {
  constructor(
    private readonly ledger: Ledger,
    private readonly clock: BrokerClock,
    @Inject(RECORD_SENDER) private readonly sender: RecordSender,
    @Inject(RELAY_OPTIONS) private readonly options: RelayOptions,
  ) {}

  @OnRecord(TOPICS.dispatchLedger.name, { group: GROUPS.relay.name })
  async report({ key, offset, timestampMs }: ReceivedRecord, { note }: RecordContext): Promise<void> {
    const { topicPrefix, partitions, lingerMs } = this.options;
    const observations = await this.ledger.reportAt(offset);
    const dueInMs = timestampMs + lingerMs - this.clock.nowMs();
    if (observations.length > 0 && dueInMs > 0) await delay(dueInMs);
    note({ callId: String(key), tenantId: observations[0]?.tenantId, observations: observations.map(({ kind }) => kind) });
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
