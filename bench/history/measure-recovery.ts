import { randomUUID } from 'node:crypto';
import { type Progress, until } from '@callbus/local-stack';
import { Call, ESTABLISHED_AFTER } from './call-life.js';
import type { Installation } from './installation.js';
import type { RecoveryFigures } from './report.js';

const TIMEOUT_MS = 180_000;

/**
 * A sequencer that starts where so many calls are under way: how long until it is ready, and until it has told what was
 * observed last, which it does not before it has read all their snapshots.
 */
export async function measureRecovery(
  installation: Installation,
  liveCalls: number,
  progress: Progress,
  onFatal: (error: unknown) => void,
): Promise<RecoveryFigures> {
  const { client } = installation;
  const call = new Call();
  let snapshot: string | undefined;
  let events = 0;
  const followers = await Promise.all([
    client.follow({
      topic: installation.topic('snapshots'),
      onRecord: ({ key, value }) => {
        if (String(key) === call.callId) snapshot = String(value);
      },
      onFatal,
    }),
    client.follow({ topic: installation.topic('events'), onRecord: () => (events += 1), onFatal }),
  ]);
  try {
    await progress.step('having one call’s beginning folded', async () => {
      const sequencer = await installation.startSequencer();
      await installation.fill('observations', firstObservations(call));
      const isFolded = async (): Promise<boolean> => (await installation.folded()).committed === ESTABLISHED_AFTER;
      await until('it is folded', async () => snapshot !== undefined && (await isFolded()), TIMEOUT_MS);
      await sequencer.end();
    });
    const template = snapshot ?? '';
    await progress.step(`writing the snapshots of ${liveCalls} live calls`, () =>
      installation.fill('snapshots', snapshotsLike(template, call, liveCalls - 1)),
    );
    await installation.fill('observations', [call.observation(ESTABLISHED_AFTER)]);
    const eventsBefore = events;
    return await progress.step('recovering', async () => {
      const begunAtMs = performance.now();
      const seconds = (): number => (performance.now() - begunAtMs) / 1_000;
      const sequencer = await installation.startSequencer();
      const [readySeconds, firstEventSeconds] = await Promise.all([
        sequencer.untilReady().then(seconds),
        until('the first event is there', () => events > eventsBefore, TIMEOUT_MS).then(seconds),
      ]);
      await sequencer.end();
      return { liveCalls, snapshotBytes: Buffer.byteLength(template), readySeconds, firstEventSeconds };
    });
  } finally {
    await Promise.all(followers.map((follower) => follower.stop()));
  }
}

function* firstObservations(call: Call) {
  for (let step = 0; step < ESTABLISHED_AFTER; step += 1) yield call.observation(step);
}

/** Copies of what the sequencer has written of one call, each under ids of its own. */
function* snapshotsLike(template: string, { callId, graphCallId }: Call, count: number) {
  for (let done = 0; done < count; done += 1) {
    const key = randomUUID();
    yield { key, value: Buffer.from(template.replaceAll(callId, key).replaceAll(graphCallId, randomUUID())) };
  }
}
