import { compacted, reduce, type Attempt, type Dispatch, type LedgerCommand, type LedgerRecord } from '@callbus/contracts';
import { nextStep, type CallHistory, type FollowUp } from '../../../apps/call-dispatcher/src/driver/next-step.js';
import type { Random } from '../random.js';
import { CALL_ID, TENANT_ID, type World } from './world.js';

/**
 * Ways to do it wrong, each a shortcut that somebody might take; the model has to see through every one.
 */
export type Variant =
  | 'sound'
  | 'post-then-commit'
  | 'no-read-back'
  | 'compacted-ledger'
  | 'owner-per-process'
  | 'first-intent-is-mine'
  | 'no-grace-barrier'
  | 'release-any-attempt';

export const DEADLINE_MS = 10_000;
export const ORPHAN_MS = 40_000;
export const RULES = {
  unknownGraceMs: 120_000,
  keepAliveIntervalMs: Infinity,
  establishingMaxMs: Infinity,
  unreadLookUpMs: 10_000,
  maxUnknownAttempts: 2,
};

/** An attempt that a process has in hand: in its memory only. */
interface InHand {
  readonly attempt: number;
  readonly nonce: string;
  readonly begunAtMs: number;
  /** Null: whether it was written is not known. */
  readonly offset: number | null;
  stage: 'appended' | 'permitted' | 'checked' | 'closing';
  intent?: Attempt;
  outcome?: LedgerRecord;
}

const NO_FOLLOW_UPS: ReadonlyMap<string, FollowUp> = new Map();

/** One process: it reads the ledger and the history at its own pace, and acts on what it has read. */
export class ModelDriver {
  private dispatch: Dispatch | undefined;
  private readTo = 0;
  private historyTo = 0;
  private inHand: InHand | undefined;
  pausedUntilMs = 0;

  constructor(
    readonly name: string,
    private readonly world: World,
    private readonly random: Random,
    private readonly command: LedgerCommand,
    private readonly variant: Variant,
  ) {}

  get isPaused(): boolean {
    return this.world.nowMs < this.pausedUntilMs;
  }

  get isIdle(): boolean {
    return this.inHand === undefined && this.readTo === this.world.log.length && this.historyTo === this.world.history.length;
  }

  /** Loses its memory, and folds the whole ledger before it acts. */
  crash(): void {
    this.world.note(`${this.name} dies and starts again`);
    this.inHand = undefined;
    this.dispatch = undefined;
    this.historyTo = 0;
    this.pausedUntilMs = 0;
    this.readTo = this.variant === 'compacted-ledger' ? Math.max(0, this.world.log.length - 1) : 0;
    this.read(Infinity);
    this.historyTo = this.world.history.length;
  }

  read(records: number): void {
    const end = Math.min(this.world.log.length, this.readTo + records);
    for (; this.readTo < end; this.readTo += 1) {
      const { record, appendedAtMs } = this.world.log[this.readTo]!;
      const { dispatch } = reduce(this.dispatch, record, appendedAtMs);
      // Like a dispatcher, which keeps less of a call that cannot be dialled any more.
      this.dispatch = dispatch && compacted(dispatch);
    }
    this.historyTo = Math.min(this.world.history.length, this.historyTo + records);
  }

  /** Takes the command from its queue. @returns whether it may be committed */
  take(isHealed = false): boolean {
    if (this.variant === 'post-then-commit') {
      this.world.post(this.name, 1, `${this.name}-${String(this.world.posts.length)}`);
      return true;
    }
    if (this.dispatch?.command != null) return true;
    if (this.inHand !== undefined) return false;
    const accepted: LedgerRecord = { type: 'Accepted', callId: CALL_ID, command: this.command, requestHash: '1:a' };
    return this.random.next() < 0.7
      ? this.begin(1, [accepted], isHealed)
      : this.world.append(this.name, [accepted], isHealed).kind === 'written';
  }

  release(attempt: number): void {
    const isAllowed = this.variant === 'release-any-attempt' || this.history().parkedAttempt === attempt;
    if (this.dispatch?.command == null || !isAllowed) return;
    const notAfterMs = this.world.nowMs + 120_000;
    // The weak one asks for the latest attempt's release, whatever the operator looked at.
    const latest = this.variant === 'release-any-attempt' ? (this.dispatch.attempts.at(-1)?.attempt ?? attempt) : attempt;
    this.world.append(this.name, [{ type: 'Released', callId: CALL_ID, attempt: latest, by: 'operator', notAfterMs }]);
  }

  endRequested(): void {
    this.world.append(this.name, [{ type: 'EndRequested', callId: CALL_ID, tenantId: TENANT_ID }]);
  }

  /** One step of what it has in hand, else one of what waits. @returns whether there was anything to do */
  act(isHealed = false): boolean {
    if (this.inHand !== undefined) return this.goOn(this.inHand, isHealed);
    if (this.dispatch?.command == null) return false;
    const facts = { history: this.history(), nowMs: this.world.nowMs, followUps: NO_FOLLOW_UPS };
    const step = nextStep(this.dispatch, facts, RULES);
    switch (step.kind) {
      case 'append':
        this.world.append(this.name, [step.record], isHealed);
        return true;
      case 'attempt':
        this.begin(step.attempt, [], isHealed);
        return true;
      case 'grace-over':
        this.world.graceOver(step.attempt);
        return true;
      default:
        return false;
    }
  }

  /** When it has something to do again. */
  dueAtMs(): number {
    if (this.dispatch?.command == null) return Infinity;
    const facts = { history: this.history(), nowMs: this.world.nowMs, followUps: NO_FOLLOW_UPS };
    const step = nextStep(this.dispatch, facts, RULES);
    return step.kind === 'wait' ? step.untilMs : this.world.nowMs;
  }

  private history(): CallHistory {
    const read = this.world.history.slice(0, this.historyTo);
    const proven = read
      .filter(({ kind }) => kind === 'callback')
      .map(({ attempt }) => ({ attempt, graphCallId: this.world.isReadable ? `graph-${String(attempt)}` : null }));
    const over = read.filter(({ kind }) => kind === 'grace-over').map(({ attempt }) => attempt);
    const parkedAttempt = proven.length > 0 || over.length === 0 ? null : Math.max(...over);
    const known = {
      hasEnded: false,
      hasFailed: false,
      isEstablishing: true,
      refusedEnd: null,
      proven,
      surplus: [],
      unreadCallbackId: null,
    };
    if (this.variant === 'no-grace-barrier' && parkedAttempt === null) {
      const last = this.dispatch?.attempts.at(-1);
      // Its own clock says that the time is over, whatever lies in the history that it has not read.
      const isOver = last?.closedAtMs != null && this.world.nowMs > last.closedAtMs + RULES.unknownGraceMs;
      return { ...known, parkedAttempt: isOver ? last.attempt : null };
    }
    return { ...known, parkedAttempt };
  }

  private begin(attempt: number, first: readonly LedgerRecord[], isHealed: boolean): boolean {
    const nonce =
      this.variant === 'owner-per-process' ? this.name : `${this.name}-${String(Math.floor(this.random.next() * 2 ** 52))}`;
    const key = { callId: CALL_ID, attempt, nonce };
    const begunAtMs = this.world.nowMs;
    const intent: LedgerRecord = { type: 'Intent', ...key, deadlineMs: DEADLINE_MS, orphanMs: ORPHAN_MS };
    const appended = this.world.append(this.name, [...first, intent], isHealed);
    if (appended.kind === 'written') {
      this.inHand = { attempt, nonce, begunAtMs, offset: appended.offset, stage: 'appended' };
      return true;
    }
    const outcome: LedgerRecord = { type: 'NotSent', ...key, why: 'no answer' };
    this.inHand = { attempt, nonce, begunAtMs, offset: null, stage: 'closing', outcome };
    return false;
  }

  private goOn(hand: InHand, isHealed: boolean): boolean {
    switch (hand.stage) {
      case 'appended': {
        const intent = this.permission(hand);
        if (intent === 'not read') return false;
        if (intent === undefined) {
          this.inHand = undefined;
          return true;
        }
        hand.intent = intent;
        hand.stage = 'permitted';
        return true;
      }
      case 'permitted': {
        const nowMs = hand.intent!.intendedAtMs + this.world.nowMs - hand.begunAtMs;
        const isEnded = this.variant !== 'first-intent-is-mine' && this.dispatch?.endRequestedBy.includes(TENANT_ID) === true;
        if (nowMs > hand.intent!.intendedAtMs + DEADLINE_MS || nowMs > this.command.notAfterMs + 240_000 || isEnded) {
          this.close(hand, { type: 'NotSent', why: 'too late' });
        } else hand.stage = 'checked';
        return true;
      }
      case 'checked': {
        // A pause may lie between the check and this line; nothing can be done about that.
        const { answer } = this.world.post(this.name, hand.attempt, hand.nonce);
        if (answer === 201)
          this.close(hand, { type: 'Created', provenBy: 'response', graphCallId: `graph-${String(hand.attempt)}` });
        else if (answer === 'lost') this.close(hand, { type: 'Unknown', why: 'no answer' });
        else if (answer === 403) this.close(hand, { type: 'Rejected', error: { httpStatus: 403, code: '', message: '' } });
        else this.close(hand, { type: 'Refused', retryAfterMs: 1_000, error: { httpStatus: answer, code: '', message: '' } });
        return true;
      }
      case 'closing':
        if (this.world.append(this.name, [hand.outcome!], isHealed).kind === 'written') this.inHand = undefined;
        return true;
    }
  }

  private permission(hand: InHand): Attempt | 'not read' | undefined {
    const asIfEffective: Attempt = {
      attempt: hand.attempt,
      nonce: hand.nonce,
      intendedAtMs: this.world.log[hand.offset ?? 0]?.appendedAtMs ?? hand.begunAtMs,
      deadlineMs: DEADLINE_MS,
      orphanMs: ORPHAN_MS,
      state: 'open',
      graphCallId: null,
      retryAtMs: null,
      httpStatus: null,
      closedAtMs: null,
    };
    if (this.variant === 'no-read-back') return asIfEffective;
    if (this.readTo <= (hand.offset ?? 0)) return 'not read';
    if (this.variant === 'first-intent-is-mine') {
      const first = this.world.log.find(({ record }) => record.type === 'Intent' && record.attempt === hand.attempt)?.record;
      return first?.type === 'Intent' && first.nonce === hand.nonce ? asIfEffective : undefined;
    }
    return this.dispatch?.attempts.find(({ nonce }) => nonce === hand.nonce);
  }

  private close(hand: InHand, outcome: object): void {
    const { attempt, nonce } = hand;
    hand.outcome = { callId: CALL_ID, attempt, nonce, ...outcome } as LedgerRecord;
    hand.stage = 'closing';
  }
}
