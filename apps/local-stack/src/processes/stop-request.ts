/** Why the stack is to end. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'the parent process is gone';

const PARENT_POLL_MS = 500;

/**
 * Resolves when somebody wants the stack to end: Ctrl-C, SIGTERM, a closed terminal, or the end of the process that
 * started it on its behalf. npm is one: a SIGTERM to npm ends npm and its shell and never reaches this process.
 * A second Ctrl-C calls `onImpatience`.
 */
export function stopRequest(onImpatience: () => void): Promise<StopReason> {
  return new Promise((resolve) => {
    let isRequested = false;
    const request = (reason: StopReason) => (): void => {
      if (isRequested && reason === 'SIGINT') onImpatience();
      isRequested = true;
      resolve(reason);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, request(signal));
    const orphaned = request('the parent process is gone');
    process.once('disconnect', orphaned);
    if (process.env['npm_lifecycle_event'] !== undefined) watchParent(orphaned);
  });
}

function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_POLL_MS);
  timer.unref();
}
