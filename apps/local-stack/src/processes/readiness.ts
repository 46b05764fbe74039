import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from '../errors.js';
import { obituary, type RunningProcess } from './process-group.js';

const POLL_EVERY_MS = 100;
const REQUEST_TIMEOUT_MS = 2_000;

/**
 * Waits until a service says that it is ready (`/readyz` answers 200).
 * @param timeoutMs longest time without progress of its start; the start itself has no time limit, since a ledger may be large
 * @throws StackError PROCESS_DIED with its last log lines, or NOT_READY with what the service waits for
 */
export async function untilReady(process: RunningProcess, managementUrl: string, timeoutMs: number): Promise<void> {
  let deadline = performance.now() + timeoutMs;
  let start: string | undefined;
  let end: string | undefined;
  void process.ended.then((how) => {
    end = obituary(process, how);
  });
  for (;;) {
    const answer = await askReadiness(managementUrl);
    if (end !== undefined) throw new StackError('PROCESS_DIED', end);
    if (answer.isReady) return;
    if (answer.start !== start) deadline = performance.now() + timeoutMs;
    start = answer.start;
    if (performance.now() > deadline) {
      throw new StackError(
        'NOT_READY',
        `${process.name} is not ready, and has come no further for ${timeoutMs / 1000} s (CALLBUS_READY_TIMEOUT_MS): ${answer.why}. See ${process.logFile}.`,
      );
    }
    await sleep(POLL_EVERY_MS);
  }
}

interface ReadyzBody {
  readonly conditions?: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>;
}

interface Answer {
  readonly isReady: boolean;
  /** In words, why not. */
  readonly why: string;
  /** Progress of its start; undefined when it has started, or does not report any. */
  readonly start?: string;
}

async function askReadiness(managementUrl: string): Promise<Answer> {
  try {
    const response = await fetch(`${managementUrl}/readyz`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const { conditions = {} } = (await response.json()) as ReadyzBody;
    const waiting = Object.entries(conditions).filter(([, condition]) => !condition.ok);
    const why = waiting.map(([name, { reason }]) => `${name}: ${reason ?? 'not ready'}`).join('; ');
    const start = conditions['started']?.reason;
    return {
      isReady: response.status === 200,
      why: why || `/readyz answers ${response.status}`,
      ...(start !== undefined && { start }),
    };
  } catch {
    return { isReady: false, why: `${managementUrl}/readyz does not answer` };
  }
}
