/** Megabytes of 1,000,000 bytes. */
export interface FoldingFigures {
  readonly calls: number;
  readonly observations: number;
  /** From ready to all folded and committed. */
  readonly seconds: number;
  /** When it was ready. */
  readonly residentBeforeMb: number;
  readonly residentAfterMb: number;
  readonly residentPeakMb: number;
}

/** Seconds from the start of the process. */
export interface RecoveryFigures {
  readonly liveCalls: number;
  /** Of one snapshot. */
  readonly snapshotBytes: number;
  readonly readySeconds: number;
  readonly firstEventSeconds: number;
}

export interface HistoryFigures {
  readonly folding: FoldingFigures;
  readonly recovery: RecoveryFigures;
}

const WANTED = { observationsPerSecond: 10_000, rssGrowthMb: 200, recoverySeconds: 10 } as const;

/** For programs. */
export function summaryOf({ folding, recovery }: HistoryFigures) {
  return {
    bench: 'history',
    observationsPerSecond: Math.round(folding.observations / folding.seconds),
    rssGrowthMb: Math.round(folding.residentAfterMb - folding.residentBeforeMb),
    recoverySeconds: Math.round(recovery.firstEventSeconds * 100) / 100,
  };
}

/** For people, with the summary as the last line. */
export function reportOf(figures: HistoryFigures): string {
  const { folding, recovery } = figures;
  const summary = summaryOf(figures);
  const row = (name: string, value: string, wanted = ''): string =>
    `  ${name.padEnd(52)}${value.padStart(10)}   ${wanted}`.trimEnd();
  return [
    `One sequencer, ${folding.observations} observations of ${folding.calls} calls that wait`,
    row('seconds', folding.seconds.toFixed(1)),
    row('observations/s', String(summary.observationsPerSecond), `wanted: at least ${WANTED.observationsPerSecond}`),
    row('resident memory when ready, MB', folding.residentBeforeMb.toFixed(0)),
    row('at most', folding.residentPeakMb.toFixed(0)),
    row('when all are folded', folding.residentAfterMb.toFixed(0)),
    row('growth', String(summary.rssGrowthMb), `wanted: at most ${WANTED.rssGrowthMb}`),
    '',
    `A sequencer that starts with ${recovery.liveCalls} live calls, a snapshot of ${recovery.snapshotBytes} bytes of each`,
    row('seconds from the start of its process until ready', recovery.readySeconds.toFixed(2)),
    row('until its first event', recovery.firstEventSeconds.toFixed(2), `wanted: at most ${WANTED.recoverySeconds}`),
    '',
    JSON.stringify(summary),
    '',
  ].join('\n');
}
