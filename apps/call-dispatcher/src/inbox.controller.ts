import type { Logger } from '@callbus/chassis';
import {
  ContractError,
  decodeCommand,
  GROUPS,
  TOPICS,
  type Command,
  type CreateCallData,
  type Dispatch,
  type EndCallData,
  type ReleaseCallData,
  type LedgerRecord,
} from '@callbus/contracts';
import type { AppTokens } from '@callbus/graph';
import { firstAppendedAtMs, OnRecord, type ReceivedRecord, type RecordContext, type SnapshotFollower } from '@callbus/kafka';
import { Controller, Inject } from '@nestjs/common';
import { Attempts } from './attempts.js';
import { DispatcherMetrics } from './dispatcher-metrics.js';
import { judgeCreateCall, type CreateCallRules } from './judge-create-call.js';
import { Ledger } from './ledger.js';
import type { CallHistory } from './next-step.js';
import { APP_TOKENS, CREATE_CALL_RULES, HISTORIES, LOGGER } from './injected.js';
import { RoleCheck } from './role-check.js';

/** Takes commands into the ledger. Nothing waits here: what cannot go on at once is the driver's. */
@Controller()
export class InboxController {
  constructor(
    private readonly ledger: Ledger,
    private readonly attempts: Attempts,
    @Inject(APP_TOKENS) private readonly tokens: Pick<AppTokens, 'atHand'>,
    private readonly roles: RoleCheck,
    private readonly metrics: DispatcherMetrics,
    @Inject(HISTORIES) private readonly histories: Pick<SnapshotFollower<CallHistory>, 'get' | 'caughtUp'>,
    @Inject(CREATE_CALL_RULES) private readonly rules: CreateCallRules,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnRecord(TOPICS.commands.name, { group: GROUPS.inbox.name, deadLetterTopic: TOPICS.commandsDeadLetter.name })
  async take(record: ReceivedRecord, { note }: RecordContext): Promise<void> {
    const command = decodeCommand(record.key, record.value, record.headers);
    const { callId, tenantId } = command.data;
    note({ type: command.type, callId, tenantId });
    // A replayed dead letter has the time that it had, so an old one does not dial.
    const arrivedAtMs = firstAppendedAtMs(record);
    await this.handle(command, arrivedAtMs);
    this.metrics.command(command.type);
  }

  private handle(command: Command, arrivedAtMs: number): Promise<void> {
    switch (command.type) {
      case 'CreateCall':
        return this.createCall(command.data, arrivedAtMs);
      case 'EndCall':
        return this.endCall(command.data);
      case 'ReleaseCall':
        return this.releaseCall(command.data, arrivedAtMs);
    }
  }

  private async createCall(data: CreateCallData, arrivedAtMs: number): Promise<void> {
    const { callId } = data;
    const isKnownToHistory = this.ledger.hasLostRecords && this.histories.get(callId) !== undefined;
    if (this.ledger.mayHaveForgotten(callId, isKnownToHistory ? -Infinity : arrivedAtMs)) {
      throw new ContractError('TOO_OLD', `The command for the call ${callId} came before the oldest record of the ledger.`);
    }
    const judged = judgeCreateCall(data, arrivedAtMs, this.rules);
    const known = this.ledger.get(callId);
    const after = known?.command == null ? await this.accept(callId, judged) : known;
    // Also after the append: another command with the same callId may have been first.
    if (after?.requestHash !== judged.requestHash) {
      throw new ContractError('CONFLICT', `The call ${callId} was requested with another body.`);
    }
  }

  private async accept(callId: string, judged: ReturnType<typeof judgeCreateCall>): Promise<Dispatch | undefined> {
    const { command, requestHash, faults } = judged;
    if (faults.length > 0) {
      this.logger.info({ callId, faults: faults.length }, 'a command cannot be dialled');
      return this.ledger.append(callId, [{ type: 'Invalid', callId, command, requestHash, faults: [...faults] }]);
    }
    const accepted: LedgerRecord = { type: 'Accepted', callId, command, requestHash };
    const token = this.tokens.atHand(command);
    const mayDial = token !== undefined && this.roles.isPassed(command, token) && this.attempts.reserve(callId, command) === null;
    return mayDial ? this.attempts.begin({ callId, requestHash }, 1, token, [accepted]) : this.ledger.append(callId, [accepted]);
  }

  private async endCall(data: EndCallData): Promise<void> {
    const { callId } = data;
    const tenantId = data.tenantId.toLowerCase();
    if (this.ledger.get(callId)?.endRequestedBy.includes(tenantId)) return;
    const after = await this.ledger.append(callId, [{ type: 'EndRequested', callId, tenantId }]);
    if (!after?.endRequestedBy.includes(tenantId)) {
      this.logger.warn({ callId, tenantId }, 'a tenant asked for the end of another tenant’s call; nothing was done');
    }
  }

  /** Its time counts from its arrival, so that an old one that is read again allows nothing. */
  private async releaseCall(data: ReleaseCallData, arrivedAtMs: number): Promise<void> {
    const { callId, attempt, reason, operator } = data;
    if (this.ledger.get(callId)?.command?.tenantId !== data.tenantId.toLowerCase() || !(await this.isParked(callId, attempt))) {
      this.logger.warn({ callId, attempt }, 'a release names no attempt that is parked; nothing was done');
      return;
    }
    const notAfterMs = arrivedAtMs + this.rules.notAfterDefaultMs;
    await this.ledger.append(callId, [{ type: 'Released', callId, attempt, by: 'operator', notAfterMs, reason, operator }]);
  }

  /** Whoever sent the release may have seen a snapshot that is only on its way here. */
  private async isParked(callId: string, attempt: number): Promise<boolean> {
    const parked = (): boolean => this.histories.get(callId)?.parkedAttempt === attempt;
    if (parked()) return true;
    await this.histories.caughtUp();
    return parked();
  }
}
