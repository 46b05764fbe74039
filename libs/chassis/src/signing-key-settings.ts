import { IsInt, Max, Min } from 'class-validator';
import { Setting } from './settings.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Settings for the check of bearer tokens: how long signing keys are kept, and how many proven tokens are remembered. */
export interface SigningKeySettings {
  readonly clockToleranceSeconds: number;
  readonly maxAgeMs: number;
  readonly keepKeysMs: number;
  readonly withdrawnKeysMs: number;
  readonly cooldownMs: number;
  readonly maxWaitMs: number;
  readonly requestTimeoutMs: number;
  readonly maxRemembered: number;
}

/**
 * @param prefix of the environment variables, such as `GATEWAY`
 * @param bearer what comes with a token, for the descriptions, such as `request`
 * @returns a class for SettingsGroup
 */
export function signingKeySettings(prefix: string, bearer: string): new () => SigningKeySettings {
  class Settings implements SigningKeySettings {
    @Setting(`${prefix}_CLOCK_TOLERANCE_SECONDS`, {
      kind: 'integer',
      describe: 'Seconds by which a token’s times may be off',
    })
    @IsInt()
    @Min(0)
    @Max(300)
    clockToleranceSeconds: number = 120;

    @Setting(`${prefix}_KEYS_MAX_AGE_MS`, {
      kind: 'integer',
      describe: 'Milliseconds after which keys count as old; at half of it they are fetched anew, in the background',
    })
    @IsInt()
    @Min(1_000)
    @Max(DAY_MS)
    maxAgeMs: number = 10 * 60 * 1_000;

    @Setting(`${prefix}_KEYS_KEEP_MS`, {
      kind: 'integer',
      describe: 'Milliseconds that the last good keys serve while new ones cannot be fetched',
    })
    @IsInt()
    @Min(1_000)
    @Max(7 * DAY_MS)
    keepKeysMs: number = DAY_MS;

    @Setting(`${prefix}_KEYS_WITHDRAWN_MS`, {
      kind: 'integer',
      describe: `Milliseconds for which a key stays valid after a fetch no longer returns it, for ${bearer}s in flight`,
    })
    @IsInt()
    @Min(0)
    @Max(DAY_MS)
    withdrawnKeysMs: number = 60_000;

    @Setting(`${prefix}_KEYS_COOLDOWN_MS`, {
      kind: 'integer',
      describe: 'Milliseconds between fetches for the sake of tokens whose key is not known, however many there are',
    })
    @IsInt()
    @Min(100)
    @Max(600_000)
    cooldownMs: number = 1_000;

    @Setting(`${prefix}_KEYS_WAIT_MS`, {
      kind: 'integer',
      describe: `Milliseconds for which a ${bearer} with an unknown key waits for a fetch of keys; then it gets 503. If it covers ${prefix}_KEYS_COOLDOWN_MS plus one fetch, no genuine ${bearer} is refused`,
    })
    @IsInt()
    @Min(0)
    @Max(10_000)
    maxWaitMs: number = 2_000;

    @Setting(`${prefix}_KEYS_TIMEOUT_MS`, {
      kind: 'integer',
      describe: 'Milliseconds for each of the two documents that lead to the keys',
    })
    @IsInt()
    @Min(100)
    @Max(60_000)
    requestTimeoutMs: number = 5_000;

    @Setting(`${prefix}_REMEMBERED_TOKENS`, {
      kind: 'integer',
      describe: 'Proven tokens that are remembered, by their hash, until they expire',
    })
    @IsInt()
    @Min(1)
    maxRemembered: number = 10_000;
  }
  return Settings;
}
