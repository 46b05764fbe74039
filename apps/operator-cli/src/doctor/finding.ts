import { wordsOf } from '../errors.js';

/** `skipped`: it cannot be looked at while something else is wrong, or was not asked for. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped';

/** What doctor has found about one thing. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do; empty when there is nothing to be done. */
  readonly advice: string;
}

export function ok(check: string, found: string): Finding {
  return { check, verdict: 'ok', found, advice: '' };
}

export function warning(check: string, found: string, advice: string): Finding {
  return { check, verdict: 'warning', found, advice };
}

export function failed(check: string, found: string, advice: string): Finding {
  return { check, verdict: 'failed', found, advice };
}

export function skipped(check: string, found: string, advice = ''): Finding {
  return { check, verdict: 'skipped', found, advice };
}

/**
 * Looks, and says what it means if that fails or takes too long: one check that fails never keeps the others from being made.
 * @param advice for then
 */
export async function finding(
  check: string,
  timeoutMs: number,
  advice: string,
  look: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`it took more than ${timeoutMs} ms (DOCTOR_TIMEOUT_MS)`));
  }, timeoutMs);
  try {
    return [await Promise.race([look(), late])].flat();
  } catch (error) {
    return [failed(check, wordsOf(error), advice)];
  } finally {
    clearTimeout(timer);
  }
}
