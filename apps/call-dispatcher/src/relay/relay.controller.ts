import { setTimeout as delay } from 'node:timers/promises';
import { GROUPS, TOPICS } from '@callbus/contracts';
import type { ReceivedRecord, RecordContext } from '@callbus/kafka';
import { OnRecord } from '@callbus/kafka/nest';
import { Controller } from '@nestjs/common';
import { DispatcherCore } from '../dispatcher-core.js';
import { ObservationSender } from './observation-sender.js';

/** A class, not an interface, because Nest injects it. */
export abstract class RelayOptions {
  /** Milliseconds, counted from the record's LogAppendTime. */
  abstract readonly lingerMs: number;
}

/**
 * Reports what took effect in the ledger to the calls' histories, in a group of its own: so an outcome reaches the history
 * although the process that wrote it died. It lingers first: an Accepted may have come in one send with an Intent, whose dial
 * goes before the report. What is older, as after an outage, does not wait.
 */
@Controller()
export class RelayController {
  constructor(
    private readonly core: DispatcherCore,
    private readonly observations: ObservationSender,
    private readonly options: RelayOptions,
  ) {}

  @OnRecord(TOPICS.dispatchLedger.name, { group: GROUPS.relay.name })
  async report({ key, offset, timestampMs }: ReceivedRecord, { note }: RecordContext): Promise<void> {
    const { ledger, clock } = this.core;
    const observations = await ledger.reportAt(offset);
    const dueInMs = timestampMs + this.options.lingerMs - clock.nowMs();
    if (observations.length > 0 && dueInMs > 0) await delay(dueInMs);
    note({ callId: String(key), tenantId: observations[0]?.tenantId, observations: observations.map(({ kind }) => kind) });
    await this.observations.send(observations);
  }
}
