/** Everything that this library reports, each with what it means and what to do. */
export const KAFKA_ERRORS = {
  QUEUE_FULL: 'More waits for Kafka than the sender may hold. Refuse new work for now (503 with Retry-After) and try again.',
  SEND_FAILED: 'Kafka did not acknowledge a record. Send it again under the same id: it may have been written.',
  RECORD_REFUSED: 'Kafka refuses this record whenever it is sent. Make it smaller, or mend the limits of its topic.',
  SENDER_CLOSED: 'The sender is closed or closing. Send before the shutdown begins, or again after the restart.',
  UNREACHABLE:
    'Start Kafka, or correct KAFKA_BROKERS; check the network and, with TLS, the certificates. A service retries by itself.',
  UNAUTHENTICATED:
    'Create this user on Kafka, or correct KAFKA_SASL_*: mechanism, user name and password, or the token endpoint of oauthbearer.',
  UNAUTHORIZED: 'Give this principal the rights that docs/topics.md lists.',
  TOPIC_MISSING:
    'Create the topic, or correct KAFKA_TOPIC_PREFIX. Kafka also reports a topic as missing when this principal has no rights to it.',
  PARTITION_COUNT:
    'Set KAFKA_PARTITIONS to the number that the topic has; never change the topic: keys would change their partitions.',
  RECORDS_GONE:
    'Kafka has deleted records that were not read yet, and what they said is lost here; reading goes on at the log’s start. Is the retention shorter than a standstill?',
  UNREADABLE_BATCH:
    'Its checksum is wrong, its codec is unknown, or it takes more than KAFKA_MAX_BATCH_BYTES. If only one replica is damaged, move the partition’s leader to another; else «callbus topics repair» shows what can be done.',
  FOLLOWER_LATE:
    'No record of a followed topic arrived for KAFKA_STANDSTILL_TIMEOUT_MS before the read was complete. Is the broker reachable, and the partition’s leader alive?',
  INVARIANT: 'Something happened that must not. Nothing was committed; read the cause before a restart.',
} as const;

export type KafkaErrorCode = keyof typeof KAFKA_ERRORS;

/** Any failure of this library; `code` decides, never the message. */
export class KafkaError extends Error {
  constructor(
    readonly code: KafkaErrorCode,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${detail} ${KAFKA_ERRORS[code]}`, options);
    this.name = new.target.name;
  }
}

/** A handler throws it for a record that can never be handled: the record becomes a dead letter under this reason. */
export class UnprocessableRecordError extends Error {
  constructor(
    /** Upper-case code, as `CONFLICT`. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
