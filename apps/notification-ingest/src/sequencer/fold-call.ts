import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type {
  CallEvent,
  EndObservation,
  EventData,
  EventType,
  FoldedCall,
  NotificationObservation,
  Observation,
  OutcomeObservation,
} from '@callbus/contracts';
import { sameGraphId } from '@callbus/graph';
import { isLate, TERMINATED } from './call-states.js';
import { compareRosters } from './compare-rosters.js';
import { readNotifications, type Change } from './read-notifications.js';

/** Observations whose repeats are recognised; more than Graph and Kafka ever have under way for one call. */
const SEEN_LIMIT = 256;

/** What the history knows of one call: the state and the number of its last event. */
export interface History {
  readonly sequence: number;
  readonly call: FoldedCall;
}

export interface Folded {
  readonly history: History;
  readonly events: readonly CallEvent[];
  /** What of the observation nobody could handle, in words for the dead letter. */
  readonly unhandled: readonly string[];
}

/**
 * Folds one observation into the history of its call. Pure, total and versioned (FOLD_VERSION): the same observations
 * in the same order give the same events with the same ids, whenever and wherever they are folded.
 */
export function foldCall(before: History | undefined, observation: Observation): Folded {
  const fold = new Fold(before ?? { sequence: 0, call: emptyCall(observation) }, observation);
  return fold.run();
}

function emptyCall({ tenantId, appId }: Observation): FoldedCall {
  return {
    phase: 'announced',
    tenantId,
    appId,
    requestHash: null,
    isAccepted: false,
    kind: null,
    media: null,
    notAfter: null,
    ifUnknown: null,
    attempts: [],
    attempt: null,
    graphCallId: null,
    call: null,
    state: null,
    mediaState: null,
    resultInfo: null,
    terminationReason: null,
    participants: [],
    failure: null,
    unknownAttempt: null,
    isParked: false,
    surplus: [],
    isEndRefused: false,
    seen: [],
  };
}

/** The state while one observation is folded; it lives no longer than that. */
class Fold {
  private call: FoldedCall;
  private sequence: number;
  private readonly events: CallEvent[] = [];
  private readonly unhandled: string[] = [];

  constructor(
    before: History,
    private readonly observation: Observation,
  ) {
    this.call = before.call;
    this.sequence = before.sequence;
  }

  run(): Folded {
    const marks = marksOf(this.observation);
    if (!marks.some((mark) => this.call.seen.includes(mark))) {
      this.apply();
      this.set({ seen: [...this.call.seen, ...marks].slice(-SEEN_LIMIT) });
    }
    return { history: { sequence: this.sequence, call: this.call }, events: this.events, unhandled: this.unhandled };
  }

  private apply(): void {
    const { observation } = this;
    switch (observation.kind) {
      case 'accepted': {
        if (this.call.isAccepted) return;
        const { requestHash, callKind: kind, media, notAfter, ifUnknown } = observation;
        const isFirst = this.call.phase === 'announced';
        this.set({
          requestHash,
          kind,
          media,
          notAfter,
          ifUnknown,
          isAccepted: true,
          phase: isFirst ? 'accepted' : this.call.phase,
        });
        this.emit('CallAccepted', { kind, media, notAfter, ifUnknown, ...(isFirst ? {} : { late: true as const }) });
        return;
      }
      case 'outcome':
        this.outcome(observation);
        return;
      case 'notification':
        this.notification(observation);
        return;
      case 'grace-over':
        this.unknown(observation.attempt, observation.why, true);
        return;
      case 'keep-alive':
        this.gone(observation.attempt, observation.graphCallId);
        return;
      case 'end':
        this.ended(observation);
    }
  }

  /** Outcomes rank, whatever the order they come in: created of any attempt first, else the higher attempt, parked over unknown. */
  private outcome(outcome: OutcomeObservation): void {
    switch (outcome.outcome) {
      case 'created': {
        const attempt = outcome.attempt ?? 1;
        const isKnown = this.attemptInHistory(attempt)?.isProven === true;
        if (
          !this.prove(attempt, outcome.graphCallId ?? null, {
            provenBy: outcome.provenBy ?? 'response',
            dialledAt: outcome.dialledAt,
            call: outcome.call ?? null,
          })
        )
          return;
        if (isKnown && this.call.attempt === attempt && this.call.call === null) this.set({ call: outcome.call ?? null });
        return;
      }
      case 'failed': {
        if (this.call.attempt !== null || this.call.phase === 'failed') return;
        const failure = { reason: outcome.reason ?? 'rejected', error: outcome.error ?? null };
        this.set({ phase: 'failed', failure });
        this.emit('CallCreationFailed', failure);
        return;
      }
      case 'unknown':
        this.unknown(outcome.attempt ?? 1, outcome.why ?? '', false);
    }
  }

  private unknown(attempt: number, why: string, parked: boolean): void {
    const { unknownAttempt, isParked, phase } = this.call;
    if (this.call.attempt !== null || phase === 'failed') return;
    const rank = (number: number, isDecided: boolean): number => 2 * number + (isDecided ? 1 : 0);
    if (unknownAttempt !== null && rank(attempt, parked) <= rank(unknownAttempt, isParked)) return;
    this.set({ phase: 'unknown', unknownAttempt: attempt, isParked: parked });
    this.emit('CallOutcomeUnknown', { attempt, why, parked });
  }

  /** Graph does not know it any more, and said nothing of its end, or what it said was lost. */
  private gone(attempt: number, graphCallId: string): void {
    if (this.isMain(attempt, graphCallId)) {
      if (this.call.phase !== 'ended') this.state({ state: TERMINATED }, 'reconciler');
    } else this.endSurplus(graphCallId, 'gone');
  }

  private ended({ attempt, graphCallId, result, error }: EndObservation): void {
    if (result === 'gone') {
      this.gone(attempt, graphCallId);
      return;
    }
    const isMain = this.isMain(attempt, graphCallId);
    if (result === 'refused') {
      if (isMain) this.set({ isEndRefused: true });
      this.emit('CallEndFailed', { attempt, error: error ?? null });
    }
    if (!isMain) this.endSurplus(graphCallId, result);
  }

  private isMain(attempt: number, graphCallId: string): boolean {
    const { attempt: main, graphCallId: id } = this.call;
    return main === attempt && (id === null || sameGraphId(id, graphCallId));
  }

  private endSurplus(graphCallId: string, end: EndObservation['result']): void {
    const surplus = this.call.surplus.map((one) => (sameGraphId(one.graphCallId, graphCallId) ? { ...one, end } : one));
    this.set({ surplus });
  }

  private notification(notification: NotificationObservation): void {
    for (const change of readNotifications(notification.body)) {
      if (
        change.graphCallId !== null &&
        !this.prove(notification.attempt, change.graphCallId, { provenBy: 'callback', call: null })
      ) {
        this.unhandled.push('the notification is about another call than the one that this attempt is bound to');
        continue;
      }
      if (change.kind === 'unknown') this.unhandled.push(change.why);
      else if (this.call.attempt === notification.attempt) this.change(change);
    }
  }

  /**
   * An attempt turns out to live. The first one proven is the call; any other, or one proven after the history ended in
   * failure, is surplus. @returns false if the attempt is known to be another call of Graph's
   */
  private prove(
    attempt: number,
    graphCallId: string | null,
    by: Pick<EventData['CallCreated'], 'provenBy' | 'call'> & { dialledAt?: string | undefined },
  ): boolean {
    const known = this.attemptInHistory(attempt);
    if (known?.graphCallId != null && graphCallId !== null && !sameGraphId(known.graphCallId, graphCallId)) return false;
    const now = { attempt, graphCallId: known?.graphCallId ?? graphCallId, isProven: true };
    this.set({ attempts: [...this.call.attempts.filter((one) => one.attempt !== attempt), now] });
    const isTheCall = this.call.attempt === attempt || (this.call.attempt === null && this.call.phase !== 'failed');
    if (isTheCall) {
      const isNew = this.call.attempt === null;
      this.set({ attempt, graphCallId: now.graphCallId });
      if (!isNew) return true;
      this.set({ phase: 'created', call: by.call, isParked: false });
      this.emit('CallCreated', {
        attempt,
        ...(by.dialledAt === undefined ? {} : { dialledAt: by.dialledAt }),
        provenBy: by.provenBy,
        call: by.call,
      });
    } else if (now.graphCallId !== null && !this.call.surplus.some((one) => one.attempt === attempt)) {
      this.set({ surplus: [...this.call.surplus, { attempt, graphCallId: now.graphCallId }] });
      this.emit('DuplicateCallDetected', { attempt, graphCallId: now.graphCallId });
    }
    return true;
  }

  private change(change: Exclude<Change, { kind: 'unknown' }>): void {
    const hasEnded = this.call.phase === 'ended';
    if (change.kind === 'roster') {
      const difference = compareRosters(this.call.participants, change.participants);
      if (difference === null) return;
      if (!hasEnded) this.set({ participants: change.participants });
      this.emit('RosterUpdated', { participants: change.participants, ...difference, late: hasEnded });
      return;
    }
    this.state(change, 'callback');
  }

  private state(
    change: Partial<Omit<Extract<Change, { kind: 'call' }>, 'kind'>>,
    observedBy: EventData['CallStateChanged']['observedBy'],
  ): void {
    const { call } = this;
    const hasEnded = call.phase === 'ended';
    const state = change.state ?? call.state;
    if (state === null) return;
    const after = {
      mediaState: change.mediaState ?? call.mediaState,
      resultInfo: change.resultInfo ?? call.resultInfo,
      terminationReason: change.terminationReason ?? call.terminationReason,
    };
    const { mediaState, resultInfo, terminationReason } = call;
    if (state === call.state && isDeepStrictEqual(after, { mediaState, resultInfo, terminationReason })) return;
    const late = hasEnded || isLate(state, call.state);
    const final = !late && state === TERMINATED;
    const previousState = call.state;
    if (!late) this.set({ ...after, state, phase: final ? 'ended' : call.phase });
    this.emit('CallStateChanged', { previousState, state, ...after, final, late, observedBy });
  }

  private attemptInHistory(attempt: number): FoldedCall['attempts'][number] | undefined {
    return this.call.attempts.find((one) => one.attempt === attempt);
  }

  private set(change: Partial<FoldedCall>): void {
    this.call = { ...this.call, ...change };
  }

  private emit<T extends EventType>(type: T, data: EventData[T]): void {
    const { callId, receivedAt: time } = this.observation;
    const { graphCallId, tenantId, appId } = this.call;
    this.sequence += 1;
    this.events.push({
      type,
      sequence: this.sequence,
      time,
      subject: { callId, graphCallId, tenantId, appId },
      data,
    } as CallEvent);
  }
}

/** What a repeat of the observation is known by: its id, and for a callback also Graph's message id with the body. */
function marksOf(observation: Observation): string[] {
  if (observation.kind !== 'notification') return [observation.id];
  const messageId = observation.headers['x-microsoft-skype-message-id'];
  if (messageId === undefined) return [observation.id];
  return [observation.id, `${messageId}:${createHash('sha256').update(observation.body).digest('base64url')}`];
}
