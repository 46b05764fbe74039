import { KafkaError } from '../port/errors.js';

interface ClientError {
  readonly name?: unknown;
  readonly message?: unknown;
  /** Kafka's name of the error, or the operating system's. */
  readonly type?: unknown;
  readonly code?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
}

/**
 * Translates an error of the client into a KafkaError, if it is about access to Kafka; returns any other error unchanged. The
 * message is the same at each retry, so that a caller that waits logs it once.
 */
export function kafkaErrorOf(error: unknown): unknown {
  const causes = causesOf(error);
  const own = causes.find((one) => one instanceof KafkaError);
  if (own !== undefined) return own;
  const ofType = (pattern: RegExp): ClientError | undefined => causes.find(({ type }) => pattern.test(String(type)));
  const refusal = causes.find(({ name }) => name === 'KafkaJSSASLAuthenticationError');
  if (refusal !== undefined) {
    return new KafkaError('UNAUTHENTICATED', `Kafka does not believe who this process is: ${said(refusal)}.`, { cause: error });
  }
  const denial = ofType(/_AUTHORIZATION_FAILED$/);
  if (denial !== undefined)
    return new KafkaError('UNAUTHORIZED', `Kafka refuses this process: ${said(denial)}.`, { cause: error });
  const absence = ofType(/^UNKNOWN_TOPIC_OR_PARTITION$/);
  if (absence !== undefined) return new KafkaError('TOPIC_MISSING', `A topic is missing: ${said(absence)}.`, { cause: error });
  if (isWithoutCoordinator(error)) {
    const detail =
      'Kafka names no coordinator of the consumer group: none is there yet, or this principal may not READ the group.';
    return new KafkaError('UNREACHABLE', detail, { cause: error });
  }
  const [last] = causes.slice(-1);
  if (last?.retriable !== true && !causes.some(({ name }) => name === 'KafkaJSNumberOfRetriesExceeded')) return error;
  return new KafkaError('UNREACHABLE', `Kafka cannot be reached, or does not answer: ${said(last)}.`, { cause: error });
}

/**
 * Whether the client found no coordinator of the group. It says the same when the broker refuses to name the coordinator to this
 * principal.
 */
export function isWithoutCoordinator(error: unknown): boolean {
  return causesOf(error).some(({ name }) => name === 'KafkaJSGroupCoordinatorNotFound');
}

/** The error and its causes; the last one is the root. */
function causesOf(error: unknown): ClientError[] {
  const causes: ClientError[] = [];
  for (let one = error; typeof one === 'object' && one !== null && causes.length < 10; one = (one as ClientError).cause) {
    causes.push(one);
  }
  return causes;
}

/** Removes addresses, which may differ at each retry. */
function said({ code, message }: ClientError = {}): string {
  return typeof code === 'string' ? code : String(message).replace(/[\s.]{1,10}$/, '');
}

/** Whether the client's error, or the one that it gave up on, is one of these by Kafka's name for it. */
export function isOfType(error: unknown, ...types: readonly string[]): boolean {
  const { type, cause } = error as { type?: unknown; cause?: { type?: unknown } };
  return types.some((one) => one === type || one === cause?.type);
}
