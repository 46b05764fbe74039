import { canBeDialled, compacted, isOutlived, type Dispatch, type KeptCommand, type LedgerCommand } from '@callbus/contracts';
import { TenantTally } from './tenant-tally.js';

interface Kept {
  readonly dispatch: Dispatch;
  /** LogAppendTime of the last record that changed the call, ms since 1970. */
  readonly changedAtMs: number;
  /** The trace that the call's command is in. */
  readonly traceparent: string | undefined;
  /** Memory of a call that can be dialled, its body included; 0 for a call that cannot be dialled any more. */
  readonly waitingBytes: number;
}

/** Memory of a call that can be dialled, without its body. Counted so that many small calls are bounded too. */
const BYTES_BESIDE_BODY = 1_024;

const SWEEP_EVERY_MS = 24 * 60 * 60 * 1_000;
/** Most ids of tenants and apps that share one copy in memory. Installations have fewer, but a producer may invent ids. */
const MAX_SHARED_TEXTS = 10_000;

/** Bytes that a call takes in memory while it can be dialled. */
export function waitingBytesOf(call: LedgerCommand['call']): number {
  return Buffer.byteLength(JSON.stringify(call)) + BYTES_BESIDE_BODY;
}

/**
 * Every call of the ledger, kept small: there are weeks of them, and callers decide how large a body is. A body is kept as UTF-8,
 * and only while the call can be dialled. What the ledger does not keep either is forgotten.
 */
export class KeptDispatches {
  private readonly kept = new Map<string, Kept>();
  private readonly lists = new Map<string, readonly [string]>();
  private sweptAtMs = -Infinity;

  /** Bytes of calls that wait for an attempt or are being dialled. */
  readonly waiting = new TenantTally();
  /** Bytes of calls whose outcome is unknown: they may be dialled again, and take no room from those that wait. */
  readonly unknown = new TenantTally();
  /** Ends that were asked for of calls that nobody knows. */
  readonly announced = new TenantTally();

  /** @param onForgotten called with each call that is forgotten */
  constructor(private readonly onForgotten: (dispatch: Dispatch) => void) {}

  /** @param atMs the time by the log or the broker, ms since 1970. A call that is outlived at that time counts as unknown */
  get(callId: string, atMs: number): Dispatch | undefined {
    const known = this.kept.get(callId);
    return known === undefined || isOutlived(known.dispatch, known.changedAtMs, atMs) ? undefined : known.dispatch;
  }

  traceOf(callId: string): string | undefined {
    return this.kept.get(callId)?.traceparent;
  }

  *all(): IterableIterator<Dispatch> {
    for (const { dispatch } of this.kept.values()) yield dispatch;
  }

  /** @param traceparent the trace of the record that changed the call @returns the compacted call */
  put(dispatch: Dispatch, changedAtMs: number, traceparent: string | undefined): Dispatch {
    const { callId } = dispatch;
    const before = this.kept.get(callId);
    const small = this.small(dispatch, before);
    const isFailed = !canBeDialled(small.dispatch) && small.dispatch.phase !== 'created';
    const trace = before?.dispatch.command == null ? traceparent : before.traceparent;
    const kept: Kept = { ...small, changedAtMs, traceparent: isFailed ? undefined : trace };
    if (before !== undefined) this.count(before, -1);
    this.count(kept, 1);
    this.kept.set(callId, kept);
    return kept.dispatch;
  }

  /** The fold calls it with the time of each record; once per day of log time it removes all outlived calls. */
  forgetOutlived(atMs: number): void {
    if (atMs - this.sweptAtMs < SWEEP_EVERY_MS) return;
    this.sweptAtMs = atMs;
    for (const { dispatch, changedAtMs } of this.kept.values()) {
      if (isOutlived(dispatch, changedAtMs, atMs)) this.forget(dispatch.callId);
    }
  }

  forget(callId: string): void {
    const known = this.kept.get(callId);
    if (known === undefined) return;
    this.count(known, -1);
    this.kept.delete(callId);
    this.onForgotten(known.dispatch);
  }

  private small(whole: Dispatch, before: Kept | undefined): Pick<Kept, 'dispatch' | 'waitingBytes'> {
    const dispatch = compacted(whole);
    if (dispatch.command === null) return { dispatch, waitingBytes: 0 };
    const known = before !== undefined && dispatch.command === before.dispatch.command;
    const { command, waitingBytes } = known
      ? { command: dispatch.command, waitingBytes: before.waitingBytes }
      : this.smallCommand(dispatch.command);
    // After `compacted` a non-empty list holds only the call's own tenant.
    const endRequestedBy = dispatch.endRequestedBy.length === 0 ? dispatch.endRequestedBy : this.shared(command.tenantId);
    return { dispatch: { ...dispatch, command, endRequestedBy }, waitingBytes };
  }

  private smallCommand(command: KeptCommand): { readonly command: KeptCommand; readonly waitingBytes: number } {
    const [[tenantId], [appId]] = [this.shared(command.tenantId), this.shared(command.appId)];
    const own = { ...command, tenantId, appId };
    if (own.call === null) return { command: own, waitingBytes: 0 };
    const body = new TextEncoder().encode(JSON.stringify(own.call));
    const asText = {
      ...own,
      get call() {
        return JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
      },
    };
    return { command: asText, waitingBytes: body.length + BYTES_BESIDE_BODY };
  }

  private count({ dispatch: { phase, command, endRequestedBy }, waitingBytes }: Kept, sign: 1 | -1): void {
    const tally = phase === 'unknown' ? this.unknown : this.waiting;
    if (command !== null && waitingBytes > 0) tally.add(command.tenantId, sign * waitingBytes);
    if (command === null) for (const tenantId of endRequestedBy) this.announced.add(tenantId, sign);
  }

  /** Returns the same one-element list for the same text, so that calls share it in memory. */
  private shared(text: string): readonly [string] {
    const known = this.lists.get(text);
    if (known !== undefined) return known;
    if (this.lists.size >= MAX_SHARED_TEXTS) this.lists.clear();
    const list = [text] as const;
    this.lists.set(text, list);
    return list;
  }
}
