import {
  ContractError,
  decodeCommand,
  GROUPS,
  isSettled,
  TOPICS,
  type Command,
  type CreateCallData,
  type Dispatch,
  type EndCallData,
  type LedgerCommand,
  type LedgerRecord,
} from '@callbus/contracts';
import { firstAppendedAtMs, type ReceivedRecord, type RecordContext, SnapshotFollower } from '@callbus/kafka';
import { OnRecord } from '@callbus/kafka/nest';
import { Controller, Inject } from '@nestjs/common';
import { Dialling } from '../dialling/dialling.js';
import { DispatcherCore } from '../dispatcher-core.js';
import { judgeCreateCall, type CreateCallRules } from './judge-create-call.js';
import { livesAtGraph, type CallHistory } from '../driver/next-step.js';
import type { TallyLimits } from '../ledger/tenant-tally.js';
import { faultsOfRoom } from './waiting-room.js';

/** A class, not an interface, because Nest injects it. */
export abstract class InboxRules {
  abstract readonly create: CreateCallRules;
  /** Limits, in bytes, for the calls that a dispatcher keeps in memory because they can still be dialled. */
  abstract readonly waitingBytes: TallyLimits;
  /** Limits for the number of EndCalls of unknown calls that a dispatcher remembers. */
  abstract readonly unknownEnds: TallyLimits & {
    /** EndCalls of different tenants for one callId. The time to fold them grows with the square of their number. */
    readonly perCall: number;
  };
}

/** Takes commands into the ledger. Nothing waits here: what cannot go on at once is the driver's. */
@Controller()
export class InboxController {
  constructor(
    private readonly core: DispatcherCore,
    private readonly dialling: Dialling,
    @Inject(SnapshotFollower) private readonly histories: Pick<SnapshotFollower<CallHistory>, 'get' | 'isLost'>,
    private readonly rules: InboxRules,
  ) {}

  @OnRecord(TOPICS.commands.name, { group: GROUPS.inbox.name, deadLetterTopic: TOPICS.commandsDeadLetter.name })
  async take(record: ReceivedRecord, { note }: RecordContext): Promise<void> {
    const command = decodeCommand(record.key, record.value, record.headers);
    const { callId, tenantId } = command.data;
    note({ type: command.type, callId, tenantId });
    // A replayed dead letter has the time that it had, so an old one does not dial.
    const arrivedAtMs = firstAppendedAtMs(record);
    await this.handle(command, arrivedAtMs);
    this.core.metrics.command(command.type);
  }

  private handle(command: Command, arrivedAtMs: number): Promise<void> {
    switch (command.type) {
      case 'CreateCall':
        return this.createCall(command.data, arrivedAtMs);
      case 'EndCall':
        return this.endCall(command.data);
    }
  }

  private async createCall(data: CreateCallData, arrivedAtMs: number): Promise<void> {
    const { callId } = data;
    const isLost = this.core.ledger.hasLostRecords && (await this.isKnownOnlyToHistory(callId));
    if (this.core.ledger.mayHaveForgotten(callId, isLost ? -Infinity : arrivedAtMs)) {
      throw new ContractError('TOO_OLD', `The command for the call ${callId} came before the oldest record of the ledger.`);
    }
    const judged = judgeCreateCall(data, arrivedAtMs, this.rules.create);
    const known = this.core.ledger.get(callId);
    const after = known?.command == null ? await this.accept(callId, judged) : known;
    // Also after the append: another command with the same callId may have been first.
    if (after?.requestHash !== judged.requestHash) {
      throw new ContractError('CONFLICT', `The call ${callId} was requested with another body.`);
    }
  }

  private async accept(callId: string, judged: ReturnType<typeof judgeCreateCall>): Promise<Dispatch | undefined> {
    const { command, requestHash } = judged;
    const faults =
      judged.faults.length > 0 ? judged.faults : faultsOfRoom(this.core.ledger.waitingBytes, command, this.rules.waitingBytes);
    if (faults.length > 0) {
      this.core.logger.info({ callId, faults: faults.length }, 'a command cannot be dialled');
      // Without the body, which may be large: it is never dialled, and requestHash is enough to recognise a repeat.
      const failed: LedgerCommand = { ...command, call: {} };
      return this.core.ledger.append(callId, [{ type: 'Invalid', callId, command: failed, requestHash, faults: [...faults] }]);
    }
    const accepted: LedgerRecord = { type: 'Accepted', callId, command, requestHash };
    const { attempts, tokens, roles } = this.dialling;
    const token = tokens.atHand(command);
    const mayDial = token !== undefined && roles.isPassed(command, token) && attempts.reserve(callId, command) === null;
    return mayDial ? attempts.begin({ callId, requestHash }, 1, token, [accepted]) : this.core.ledger.append(callId, [accepted]);
  }

  private async endCall(data: EndCallData): Promise<void> {
    const { callId } = data;
    const tenantId = data.tenantId.toLowerCase();
    const history = this.histories.get(callId);
    const isOverInHistory = history !== undefined && (history.hasEnded || history.hasFailed);
    if (!isOverInHistory && (await this.isKnownOnlyToHistory(callId))) {
      throw new ContractError('NOT_IN_LEDGER', `The ledger does not know the call ${callId}.`);
    }
    const known = this.core.ledger.get(callId);
    if (known?.endRequestedBy.includes(tenantId)) {
      // Asked again, Graph is asked again to hang up what still lives. This fold may lag: a call that it has open may live by now.
      const isOver = isSettled(known) && !livesAtGraph(known, this.histories.get(callId));
      if (known.command?.tenantId !== tenantId || isOver) return;
    }
    if (known?.command == null && this.hasTooManyEnds(tenantId, known)) {
      throw new ContractError('TOO_MANY_ENDS', `The call ${callId} is not known.`);
    }
    const after = await this.core.ledger.append(callId, [{ type: 'EndRequested', callId, tenantId }]);
    if (!after?.endRequestedBy.includes(tenantId)) {
      this.core.logger.warn({ callId, tenantId }, 'a tenant asked for the end of another tenant’s call; nothing was done');
    }
  }

  private hasTooManyEnds(tenantId: string, announced: Dispatch | undefined): boolean {
    const { unknownEnds } = this.rules;
    if (announced !== undefined && announced.endRequestedBy.length >= unknownEnds.perCall) return true;
    return this.core.ledger.announcedEnds.exceeded(tenantId, 1, unknownEnds) !== null;
  }

  /**
   * True when the call has a history but the ledger has no command for it: it has forgotten the call, or records are lost. The
   * ledger's fold may lag behind the history, so this waits until it has caught up.
   */
  private async isKnownOnlyToHistory(callId: string): Promise<boolean> {
    const isKnown = (): boolean => this.core.ledger.get(callId)?.command != null;
    if (isKnown() || (this.histories.get(callId) === undefined && !this.histories.isLost(callId))) return false;
    await this.core.ledger.caughtUp();
    return !isKnown();
  }
}
