import { setTimeout as sleep } from 'node:timers/promises';

const POLL_EVERY_MS = 25;

/** Waits for a condition. @throws after `timeoutMs`, naming it */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await sleep(POLL_EVERY_MS);
  }
}
