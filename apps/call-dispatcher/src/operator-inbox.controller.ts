import type { Logger } from '@callbus/chassis';
import { decodeOperatorCommand, GROUPS, TOPICS, type ReleaseCallData } from '@callbus/contracts';
import { firstAppendedAtMs, OnRecord, type ReceivedRecord, type RecordContext, type SnapshotFollower } from '@callbus/kafka';
import { Controller, Inject } from '@nestjs/common';
import { DispatcherMetrics } from './dispatcher-metrics.js';
import { INBOX_RULES, HISTORIES, LOGGER } from './injected.js';
import type { CreateCallRules } from './judge-create-call.js';
import { Ledger } from './ledger.js';
import type { CallHistory } from './next-step.js';

/** Takes an operator's commands into the ledger. They have a topic of their own, since Kafka grants rights per topic. */
@Controller()
export class OperatorInboxController {
  constructor(
    private readonly ledger: Ledger,
    private readonly metrics: DispatcherMetrics,
    @Inject(HISTORIES) private readonly histories: Pick<SnapshotFollower<CallHistory>, 'get' | 'caughtUp'>,
    @Inject(INBOX_RULES) private readonly rules: Pick<CreateCallRules, 'notAfterDefaultMs'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnRecord(TOPICS.operatorCommands.name, {
    group: GROUPS.operatorInbox.name,
    deadLetterTopic: TOPICS.commandsDeadLetter.name,
  })
  async take(record: ReceivedRecord, { note }: RecordContext): Promise<void> {
    const { type, data } = decodeOperatorCommand(record.key, record.value, record.headers);
    const { callId, tenantId } = data;
    note({ type, callId, tenantId });
    await this.releaseCall(data, firstAppendedAtMs(record));
    this.metrics.command(type);
  }

  /** The release is valid for a limited time from its arrival, so an old one that is replayed allows nothing. */
  private async releaseCall(data: ReleaseCallData, arrivedAtMs: number): Promise<void> {
    const { callId, attempt, reason, operator } = data;
    if (this.ledger.get(callId)?.command?.tenantId !== data.tenantId.toLowerCase() || !(await this.isParked(callId, attempt))) {
      this.logger.warn({ callId, attempt }, 'a release names no attempt that is parked; nothing was done');
      return;
    }
    const notAfterMs = arrivedAtMs + this.rules.notAfterDefaultMs;
    await this.ledger.append(callId, [{ type: 'Released', callId, attempt, by: 'operator', notAfterMs, reason, operator }]);
  }

  /** Waits: the operator may have seen a snapshot that has not reached this process yet. */
  private async isParked(callId: string, attempt: number): Promise<boolean> {
    const parked = (): boolean => this.histories.get(callId)?.parkedAttempt === attempt;
    if (parked()) return true;
    await this.histories.caughtUp();
    return parked();
  }
}
