/** `wait=10` among a request’s preferences, quoted or not. */
const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=$|[,;])/i;

/**
 * How long the caller prefers to wait for the outcome.
 * @param prefer the request’s Prefer header
 * @returns whole seconds, at most `maxSeconds`; null when it does not say
 * @see https://www.rfc-editor.org/rfc/rfc7240#section-4.3
 */
export function preferredWaitSeconds(prefer: string | undefined, maxSeconds: number): number | null {
  const seconds = WAIT.exec(prefer ?? '')?.[1];
  return seconds === undefined ? null : Math.min(Number(seconds), maxSeconds);
}
