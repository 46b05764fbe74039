import {
  ContractError,
  decodeOperatorCommand,
  GROUPS,
  isEndRequested,
  latestAttempt,
  NO_CALL,
  TOPICS,
  type Dispatch,
  type ReleaseCallData,
} from '@callbus/contracts';
import { firstAppendedAtMs, type ReceivedRecord, type RecordContext, SnapshotFollower } from '@callbus/kafka';
import { OnRecord } from '@callbus/kafka/nest';
import { Controller, Inject } from '@nestjs/common';
import { DispatcherCore } from '../dispatcher-core.js';
import { InboxRules } from './inbox.controller.js';
import type { CreateCallRules } from './judge-create-call.js';
import type { CallHistory } from '../driver/next-step.js';

/** Takes an operator's commands into the ledger. They have a topic of their own, since Kafka grants rights per topic. */
@Controller()
export class OperatorInboxController {
  constructor(
    private readonly core: DispatcherCore,
    @Inject(SnapshotFollower) private readonly histories: Pick<SnapshotFollower<CallHistory>, 'get' | 'caughtUp'>,
    @Inject(InboxRules) private readonly rules: { readonly create: Pick<CreateCallRules, 'notAfterDefaultMs'> },
  ) {}

  @OnRecord(TOPICS.operatorCommands.name, {
    group: GROUPS.operatorInbox.name,
    deadLetterTopic: TOPICS.commandsDeadLetter.name,
  })
  async take(record: ReceivedRecord, { note }: RecordContext): Promise<void> {
    const { type, data } = decodeOperatorCommand(record.key, record.value, record.headers);
    const { callId, tenantId } = data;
    note({ type, callId, tenantId });
    if (callId === NO_CALL && this.core.ledger.get(callId) === undefined) return;
    await this.releaseCall(data, firstAppendedAtMs(record));
    this.core.metrics.command(type);
  }

  /** The release is valid for a limited time from its arrival, so an old one that is replayed allows nothing. */
  private async releaseCall(data: ReleaseCallData, arrivedAtMs: number): Promise<void> {
    const { callId, attempt, reason, operator } = data;
    const notAfterMs = arrivedAtMs + this.rules.create.notAfterDefaultMs;
    if (!this.isParked(data) && !this.isReleased(data, notAfterMs)) {
      // The operator may have read records that this process has not read yet.
      await this.core.ledger.caughtUp();
      await this.histories.caughtUp();
    }
    // This release was delivered twice, or another release of the attempt took effect first.
    if (this.isReleased(data, notAfterMs)) return;
    if (!this.isParked(data)) {
      throw new ContractError('NOT_PARKED', `Attempt ${String(attempt)} of the call ${callId} cannot be released.`);
    }
    await this.core.ledger.append(callId, [{ type: 'Released', callId, attempt, by: 'operator', notAfterMs, reason, operator }]);
  }

  /**
   * Whether `reduce` would let the release take effect and the call's snapshot shows the attempt parked: only then are all its
   * callbacks folded.
   */
  private isParked({ callId, tenantId, attempt }: ReleaseCallData): boolean {
    const known = this.own(callId, tenantId);
    if (known?.phase !== 'unknown' || isEndRequested(known) || latestAttempt(known)?.attempt !== attempt) return false;
    return this.histories.get(callId)?.parkedAttempt === attempt;
  }

  /**
   * Whether a release of the attempt took effect already: the call waits for the attempt that it allows, has made that attempt,
   * or the release ran out or was cancelled unused. The call keeps a release's `notAfterMs` until another release takes effect.
   */
  private isReleased({ callId, tenantId, attempt }: ReleaseCallData, notAfterMs: number): boolean {
    const known = this.own(callId, tenantId);
    const released = known?.attempts.find((one) => one.attempt === attempt);
    if (known === undefined || released?.state !== 'unknown') return false;
    return released !== latestAttempt(known) || known.phase === 'waiting' || known.command?.notAfterMs === notAfterMs;
  }

  private own(callId: string, tenantId: string): Dispatch | undefined {
    const known = this.core.ledger.get(callId);
    return known?.command?.tenantId === tenantId.toLowerCase() ? known : undefined;
  }
}
