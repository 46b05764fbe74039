import type { CallEvent, EventData, EventType, FoldedCall, Observation } from '@callbus/contracts';

/** What is known of one call: its state, and the number of its last event. */
export interface History {
  readonly sequence: number;
  readonly call: FoldedCall;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A history in which nothing has happened yet. */
export function emptyHistory({ tenantId, appId }: Pick<Observation, 'tenantId' | 'appId'>): History {
  const call: FoldedCall = {
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
    stateRank: null,
    mediaState: null,
    resultInfo: null,
    terminationReason: null,
    participants: [],
    participantsTruncated: 0,
    isDeltaRoster: false,
    departed: [],
    lastTone: null,
    operations: [],
    failure: null,
    unknownAttempt: null,
    isParked: false,
    surplus: [],
    isEndRefused: false,
    seen: [],
  };
  return { sequence: 0, call };
}

/** A history while one observation is folded into it; it lives no longer than that. */
export class HistoryInProgress {
  readonly events: CallEvent[] = [];
  /** What of the observation nobody could handle, in words for the dead letter. */
  readonly unhandled: string[] = [];
  private current: History;

  constructor(
    before: History,
    private readonly observation: Pick<Observation, 'callId' | 'receivedAt'>,
  ) {
    this.current = before;
  }

  get history(): History {
    return this.current;
  }

  get call(): FoldedCall {
    return this.current.call;
  }

  get hasEnded(): boolean {
    return this.call.phase === 'ended';
  }

  set(change: Partial<FoldedCall>): void {
    this.current = { ...this.current, call: { ...this.call, ...change } };
  }

  /** Removes the mark of an unreadable callback: no look-up is needed any more. */
  forgetUnreadCallback(): void {
    const call: Writable<FoldedCall> = { ...this.call };
    delete call.unreadCallbackId;
    this.current = { ...this.current, call };
  }

  emit<T extends EventType>(type: T, data: EventData[T]): void {
    const { callId, receivedAt: time } = this.observation;
    const { graphCallId, tenantId, appId } = this.call;
    const sequence = this.current.sequence + 1;
    this.current = { ...this.current, sequence };
    this.events.push({ type, sequence, time, subject: { callId, graphCallId, tenantId, appId }, data } as CallEvent);
  }

  /** Puts aside what nobody can handle. */
  leave(why: string): void {
    this.unhandled.push(why);
  }
}
