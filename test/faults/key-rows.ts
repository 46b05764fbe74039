import { until } from '../support/stack-for-tests.js';
import type { FaultStack } from './fault-stack.js';
import { liveCall } from './receiver-rows.js';
import type { FaultRow } from './row.js';
import type { CallbackTarget } from './witness.js';

/** Each rotation comes within the cooldown of the fetch for the one before. */
const ROTATIONS = 4;
/** Callbacks of Graph’s, and forged ones, under way at once. */
const SENDERS = 10;
const FORGERS = 5;

/** Sends tones of one call until `stop`, and repeats each one while it gets 503, like a sender that loses nothing. */
class Senders {
  /** How many answers there were of each status. */
  readonly answers = new Map<number, number>();
  private sequenceId = 0;
  private readonly over = new AbortController();
  private readonly running: readonly Promise<void>[];

  constructor(
    private readonly system: FaultStack,
    private readonly target: CallbackTarget,
    { count, more = {} }: { readonly count: number; readonly more?: Readonly<Record<string, unknown>> },
  ) {
    this.running = Array.from({ length: count }, () => this.run(more));
  }

  of(status: number): number {
    return this.answers.get(status) ?? 0;
  }

  /** Waits until this many more callbacks got this status. */
  async untilMore(status: number, count: number): Promise<void> {
    const wanted = this.of(status) + count;
    await until(`${String(count)} more callbacks get ${String(status)}`, () => this.of(status) >= wanted);
  }

  async stop(): Promise<void> {
    this.over.abort();
    await Promise.all(this.running);
  }

  private async run(more: Readonly<Record<string, unknown>>): Promise<void> {
    while (!this.over.signal.aborted) {
      const toneInfo = { sequenceId: (this.sequenceId += 1), tone: 'tone1' };
      let status: number;
      do {
        ({ status } = await this.system.callBack(this.target, { toneInfo }, more));
        this.answers.set(status, this.of(status) + 1);
      } while (status === 503);
    }
  }
}

/** Graph’s keys, while callbacks come. */
export const KEY_ROWS: readonly FaultRow[] = [
  {
    id: 'F67',
    fault:
      'Graph’s key is rotated under load, again and again, the old one is dropped at once, and forged tokens name unknown keys',
    run: async ({ system, injected, healed }) => {
      const { callId, target } = await liveCall(system);
      const genuine = new Senders(system, target, { count: SENDERS });
      const forged = new Senders(system, target, { count: FORGERS, more: { sign: 'unknown-kid' } });
      await genuine.untilMore(202, SENDERS);
      await forged.untilMore(401, FORGERS);
      for (let rotations = 0; rotations < ROTATIONS; rotations += 1) {
        await system.rotateCallbackKey();
        injected();
        // More than could be in flight with the previous key.
        await genuine.untilMore(202, 2 * SENDERS);
      }
      healed();
      await Promise.all([genuine.stop(), forged.stop()]);
      expect([...genuine.answers.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([]);
      expect(forged.of(202)).toBe(0);
      await system.endAll([callId]);
      return [callId];
    },
  },
];
