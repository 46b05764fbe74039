import { surplusPosts, violations, type Evidence } from './oracle.js';
import type { FaultRow } from './row.js';

export interface RowFigures {
  readonly id: string;
  readonly injections: number;
  readonly commands: number;
  readonly posts: number;
  readonly surplusPosts: number;
  /** Callbacks that were answered 2xx. */
  readonly accepted: number;
  /** Calls that the oracle finds something wrong with. */
  readonly lost: number;
  /** From the end of the fault until everything was in order. */
  readonly recoveryMs: number;
}

/** Counts what became of a row's calls. */
export function figuresOf(
  { id }: Pick<FaultRow, 'id'>,
  callIds: readonly string[],
  evidence: Evidence,
  { injections, recoveryMs }: { readonly injections: number; readonly recoveryMs: number },
): RowFigures {
  return {
    id,
    injections,
    commands: callIds.length,
    posts: callIds.reduce((sum, callId) => sum + evidence.posts.of(callId).length, 0),
    surplusPosts: callIds.reduce((sum, callId) => sum + surplusPosts(callId, evidence), 0),
    accepted: callIds.reduce((sum, callId) => sum + acceptedOf(callId, evidence), 0),
    lost: callIds.filter((callId) => violations(callId, evidence).length > 0).length,
    recoveryMs,
  };
}

function acceptedOf(callId: string, { deliveries }: Evidence): number {
  return deliveries.of(callId).filter(({ answered }) => answered !== null && answered.status < 300).length;
}

export function line(figures: RowFigures, what: string): string {
  const { id, injections, commands, posts, surplusPosts: surplus, accepted, lost, recoveryMs } = figures;
  const seconds = (recoveryMs / 1_000).toFixed(1);
  return `${id.padEnd(6)}injections ${String(injections).padStart(3)}  commands ${String(commands).padStart(4)}  POSTs ${String(posts).padStart(4)}  surplus POSTs ${String(surplus)}  accepted callbacks ${String(accepted).padStart(5)}  lost ${String(lost)}  longest recovery ${seconds.padStart(5)} s  ${what}`;
}

export function total(rows: readonly RowFigures[]): RowFigures {
  const sum = (of: (row: RowFigures) => number): number => rows.reduce((all, row) => all + of(row), 0);
  return {
    id: 'total',
    injections: sum((row) => row.injections),
    commands: sum((row) => row.commands),
    posts: sum((row) => row.posts),
    surplusPosts: sum((row) => row.surplusPosts),
    accepted: sum((row) => row.accepted),
    lost: sum((row) => row.lost),
    recoveryMs: Math.max(0, ...rows.map((row) => row.recoveryMs)),
  };
}
