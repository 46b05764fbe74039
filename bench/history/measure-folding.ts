import { setTimeout as pause } from 'node:timers/promises';
import type { Progress } from '@callbus/local-stack';
import { Call, OBSERVATIONS_PER_CALL } from './call-life.js';
import type { Installation } from './installation.js';
import { residentMb } from './resident-memory.js';
import type { FoldingFigures } from './report.js';

/** Calls that are under way at the same time: their observations come in turns. */
export const CALLS_AT_ONCE = 1_000;
const LOOK_EVERY_MS = 500;
const TELL_EVERY_MS = 5_000;

/** One sequencer, from the moment that it is ready until it has folded and committed all that waits. */
export async function measureFolding(installation: Installation, calls: number, progress: Progress): Promise<FoldingFigures> {
  await progress.step(`writing ${calls * OBSERVATIONS_PER_CALL} observations of ${calls} calls`, async () => {
    await installation.fill('observations', livesOf(calls));
  });
  const { all: observations } = await installation.folded();
  const sequencer = await installation.startSequencer();
  await progress.step('starting the sequencer', () => sequencer.untilReady());
  const begunAtMs = performance.now();
  const residentBeforeMb = await residentMb(sequencer.pid);
  let residentPeakMb = residentBeforeMb;
  let toldAtMs = begunAtMs;
  for (;;) {
    const { committed } = await installation.folded();
    const residentNowMb = await residentMb(sequencer.pid);
    residentPeakMb = Math.max(residentPeakMb, residentNowMb);
    if (committed === observations) break;
    if (performance.now() - toldAtMs >= TELL_EVERY_MS) {
      toldAtMs = performance.now();
      progress.say(`  ${committed} folded, ${residentNowMb.toFixed(0)} MB`);
    }
    await pause(LOOK_EVERY_MS);
  }
  const seconds = (performance.now() - begunAtMs) / 1_000;
  const residentAfterMb = await residentMb(sequencer.pid);
  await progress.step('ending the sequencer', () => sequencer.end());
  return { calls, observations, seconds, residentBeforeMb, residentAfterMb, residentPeakMb };
}

function* livesOf(calls: number) {
  for (let done = 0; done < calls; done += CALLS_AT_ONCE) {
    const atOnce = Array.from({ length: Math.min(CALLS_AT_ONCE, calls - done) }, () => new Call());
    for (let step = 0; step < OBSERVATIONS_PER_CALL; step += 1) {
      for (const call of atOnce) yield call.observation(step);
    }
  }
}
