/** How often a service that never becomes ready is started again, and how long each waits. */
const FAILED_STARTS = 5;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;

export type RestartDecision = { readonly isRestarted: true; readonly delayMs: number } | { readonly isRestarted: false };

/**
 * Whether a service that ended by itself is started again.
 * @param failedStarts starts in a row, the last included, after which it ended or failed before it was ready
 */
export function restartDecision(failedStarts: number): RestartDecision {
  if (failedStarts >= FAILED_STARTS) return { isRestarted: false };
  return { isRestarted: true, delayMs: Math.min(FIRST_DELAY_MS * 2 ** failedStarts, LONGEST_DELAY_MS) };
}
