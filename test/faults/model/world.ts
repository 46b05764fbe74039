import { reduce, type Dispatch, type LedgerRecord } from '@callbus/contracts';
import type { Random } from '../random.js';

export const CALL_ID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
export const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';

export interface Appended {
  readonly record: LedgerRecord;
  readonly appendedAtMs: number;
  /** For a release: whether the history shows the attempt parked, with no callback stored before. */
  readonly isParked: boolean;
}

/** What an append came to: `failed` may still be in the log, now or later. */
export type AppendResult = { readonly kind: 'written'; readonly offset: number } | { readonly kind: 'failed' };

/** What Graph made of a POST, and what of its answer came back. */
export interface PostResult {
  readonly isCreated: boolean;
  readonly answer: 201 | 401 | 403 | 429 | 'lost';
}

export interface Post {
  readonly attempt: number;
  readonly nonce: string;
  readonly result: PostResult;
}

/** A line of the call's history: a callback that proves an attempt, or the end of an attempt's grace period. */
type HistoryEntry = { readonly kind: 'callback' | 'grace-over'; readonly attempt: number };

/** All that lies outside of the dispatchers: the ledger, the history, Graph, and the time. One call. */
export class World {
  nowMs = 1_000_000;
  readonly log: Appended[] = [];
  readonly history: HistoryEntry[] = [];
  readonly posts: Post[] = [];
  readonly trace: string[] = [];
  private readonly late: LedgerRecord[][] = [];
  private readonly callbacksToCome: number[] = [];
  /** True when callbacks name Graph's call; an unreadable one does not. */
  readonly isReadable: boolean;

  constructor(private readonly random: Random) {
    this.isReadable = random.next() < 0.5;
  }

  note(what: string): void {
    this.trace.push(`${String(this.nowMs - 1_000_000).padStart(7)} ms  ${what}`);
  }

  append(who: string, records: readonly LedgerRecord[], isHealed = false): AppendResult {
    const luck = isHealed ? 1 : this.random.next();
    const names = records.map((record) => record.type + ('attempt' in record ? String(record.attempt) : '')).join('+');
    if (luck < 0.08) {
      this.late.push([...records]);
      this.note(`${who} appends ${names}: no answer, it comes late or never`);
      return { kind: 'failed' };
    }
    this.write(records);
    if (luck < 0.16) {
      this.note(`${who} appends ${names}: written, and the answer is lost`);
      return { kind: 'failed' };
    }
    this.note(`${who} appends ${names}`);
    return { kind: 'written', offset: this.log.length - 1 };
  }

  /** What an append that nobody waits for any more comes to. */
  landLate(): void {
    const records = this.late.shift();
    if (records === undefined || this.random.next() < 0.3) return;
    this.write(records);
    this.note(`${records.map(({ type }) => type).join('+')} lands late`);
  }

  post(who: string, attempt: number, nonce: string): PostResult {
    const luck = this.random.next();
    const isCreated = luck < 0.5 || (luck >= 0.9 && this.random.next() < 0.5);
    const refusals = [401, 403, 429] as const;
    const answer: PostResult['answer'] =
      luck >= 0.9 || this.random.next() < 0.25 ? 'lost' : isCreated ? 201 : this.random.pick(refusals);
    const result = { isCreated, answer };
    this.posts.push({ attempt, nonce, result });
    if (isCreated && this.random.next() < 0.7) this.callbacksToCome.push(attempt);
    this.note(`${who} POSTs attempt ${String(attempt)}: ${isCreated ? 'created' : 'nothing created'}, answer ${String(answer)}`);
    return result;
  }

  deliverCallback(): void {
    const attempt = this.callbacksToCome.shift();
    if (attempt === undefined) return;
    this.history.push({ kind: 'callback', attempt });
    this.note(`a callback of attempt ${String(attempt)} is stored`);
  }

  graceOver(attempt: number): void {
    this.history.push({ kind: 'grace-over', attempt });
    this.note(`the grace period of attempt ${String(attempt)} is over`);
  }

  private write(records: readonly LedgerRecord[]): void {
    for (const record of records) {
      const isParked = record.type !== 'Released' || this.isParked(record.attempt);
      this.log.push({ record, appendedAtMs: this.nowMs, isParked });
    }
  }

  private isParked(attempt: number): boolean {
    const over = this.history.findIndex((entry) => entry.kind === 'grace-over' && entry.attempt === attempt);
    return over >= 0 && !this.history.slice(0, over).some(({ kind }) => kind === 'callback');
  }

  /** What a process that has read everything knows. */
  fold(): { dispatch: Dispatch | undefined; effectiveReleases: number; isBarrierKept: boolean } {
    let dispatch: Dispatch | undefined;
    let effectiveReleases = 0;
    let isBarrierKept = true;
    for (const { record, appendedAtMs, isParked } of this.log) {
      const reduced = reduce(dispatch, record, appendedAtMs);
      if (reduced.transition?.kind === 'released') {
        effectiveReleases += 1;
        isBarrierKept &&= isParked;
      }
      dispatch = reduced.dispatch;
    }
    return { dispatch, effectiveReleases, isBarrierKept };
  }
}
