import { Setting } from '@callbus/chassis';
import { IsInt, Max, Min } from 'class-validator';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** How the keys behind callback tokens are kept, and the tokens that they have proven. */
export class CallbackKeySettings {
  @Setting('CALLBACK_CLOCK_TOLERANCE_SECONDS', {
    kind: 'integer',
    describe: 'Seconds by which a token’s times may be off',
  })
  @IsInt()
  @Min(0)
  @Max(300)
  clockToleranceSeconds: number = 120;

  @Setting('CALLBACK_KEYS_MAX_AGE_MS', {
    kind: 'integer',
    describe: 'Milliseconds after which keys count as old; at half of it they are fetched anew, in the background',
  })
  @IsInt()
  @Min(1_000)
  @Max(DAY_MS)
  maxAgeMs: number = 10 * 60 * 1_000;

  @Setting('CALLBACK_KEYS_KEEP_MS', {
    kind: 'integer',
    describe: 'Milliseconds that the last good keys serve while new ones cannot be fetched',
  })
  @IsInt()
  @Min(1_000)
  @Max(7 * DAY_MS)
  keepKeysMs: number = DAY_MS;

  @Setting('CALLBACK_KEYS_WITHDRAWN_MS', {
    kind: 'integer',
    describe: 'Milliseconds for which a key stays valid after a fetch no longer returns it, for callbacks in flight',
  })
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  withdrawnKeysMs: number = 60_000;

  @Setting('CALLBACK_KEYS_COOLDOWN_MS', {
    kind: 'integer',
    describe: 'Milliseconds between fetches for the sake of tokens whose key is not known, however many there are',
  })
  @IsInt()
  @Min(100)
  @Max(600_000)
  cooldownMs: number = 1_000;

  @Setting('CALLBACK_KEYS_WAIT_MS', {
    kind: 'integer',
    describe:
      'Milliseconds for which a callback with an unknown key waits for a fetch of keys; then it gets 503. If it covers CALLBACK_KEYS_COOLDOWN_MS plus one fetch, no genuine callback is refused',
  })
  @IsInt()
  @Min(0)
  @Max(10_000)
  maxWaitMs: number = 2_000;

  @Setting('CALLBACK_KEYS_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds for each of the two documents that lead to the keys',
  })
  @IsInt()
  @Min(100)
  @Max(60_000)
  requestTimeoutMs: number = 5_000;

  @Setting('CALLBACK_REMEMBERED_TOKENS', {
    kind: 'integer',
    describe: 'Proven tokens that are remembered, by their hash, until they expire',
  })
  @IsInt()
  @Min(1)
  maxRemembered: number = 10_000;
}
