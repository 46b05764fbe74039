import { Setting } from '@callbus/chassis';
import { IsInt, Max, Min } from 'class-validator';

/** How much is taken at once; what is beyond is refused early, and nothing that is taken is lost (G10). */
export class CallbackLimits {
  @Setting('CALLBACK_MAX_BODY_BYTES', {
    kind: 'integer',
    describe: 'Bytes that a callback’s body may have; a larger one gets 413',
  })
  @IsInt()
  @Min(1_024)
  @Max(7 * 1024 * 1024)
  maxBodyBytes: number = 4 * 1024 * 1024;

  @Setting('CALLBACK_MAX_IN_FLIGHT', {
    kind: 'integer',
    describe: 'Most callbacks in flight; at most half of them may wait for the key of their token. Further ones get 503',
  })
  @IsInt()
  @Min(1)
  maxInFlight: number = 2_000;

  @Setting('CALLBACK_MAX_IN_FLIGHT_BYTES', {
    kind: 'integer',
    describe: 'Bytes of the bodies of callbacks under way at once; further ones get 503, but one alone is always taken',
  })
  @IsInt()
  @Min(1_024)
  maxInFlightBytes: number = 32 * 1024 * 1024;

  @Setting('CALLBACK_MAX_EVENT_LOOP_DELAY_MS', {
    kind: 'integer',
    describe:
      'Milliseconds that the process may lag behind on average over a second; beyond, callbacks get 503 while a twentieth of CALLBACK_MAX_IN_FLIGHT or …_BYTES is under way',
  })
  @IsInt()
  @Min(10)
  @Max(60_000)
  maxEventLoopDelayMs: number = 500;

  @Setting('CALLBACK_STORE_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds within which Kafka must have a callback, else Graph gets 503',
  })
  @IsInt()
  @Min(100)
  @Max(60_000)
  storeTimeoutMs: number = 10_000;

  @Setting('CALLBACK_REMEMBERED_ADDRESSES', {
    kind: 'integer',
    describe: 'Callback addresses whose mac was checked that are remembered',
  })
  @IsInt()
  @Min(1)
  maxAddresses: number = 10_000;

  @Setting('CALLBACK_RETRY_AFTER_SECONDS', { kind: 'integer', describe: 'Seconds that Retry-After says with every 503' })
  @IsInt()
  @Min(1)
  @Max(3_600)
  retryAfterSeconds: number = 5;
}
