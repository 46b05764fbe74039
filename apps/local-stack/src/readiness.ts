import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './errors.js';
import { obituary, type RunningProcess } from './process-group.js';

const POLL_EVERY_MS = 100;
const REQUEST_TIMEOUT_MS = 2_000;

/**
 * Waits until a service says that it is ready (`/readyz` answers 200).
 * @throws StackError PROCESS_DIED with its last log lines, or NOT_READY with what the service waits for
 */
export async function untilReady(process: RunningProcess, managementUrl: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let end: string | undefined;
  void process.ended.then((how) => {
    end = obituary(process, how);
  });
  for (;;) {
    const answer = await askReadiness(managementUrl);
    if (end !== undefined) throw new StackError('PROCESS_DIED', end);
    if (answer === 'ready') return;
    if (performance.now() > deadline) {
      throw new StackError(
        'NOT_READY',
        `${process.name} is not ready after ${timeoutMs / 1000} s (CALLBUS_READY_TIMEOUT_MS): ${answer}. See ${process.logFile}.`,
      );
    }
    await sleep(POLL_EVERY_MS);
  }
}

interface ReadyzBody {
  readonly conditions?: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>;
}

/** @returns `ready`, or in words why not */
async function askReadiness(managementUrl: string): Promise<string> {
  try {
    const response = await fetch(`${managementUrl}/readyz`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const body = (await response.json()) as ReadyzBody;
    if (response.status === 200) return 'ready';
    const waiting = Object.entries(body.conditions ?? {}).filter(([, condition]) => !condition.ok);
    return (
      waiting.map(([name, { reason }]) => `${name}: ${reason ?? 'not ready'}`).join('; ') || `/readyz answers ${response.status}`
    );
  } catch {
    return `${managementUrl}/readyz does not answer`;
  }
}
