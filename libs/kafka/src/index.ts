export {
  DEAD_LETTER_HEADERS,
  deadLetterOf,
  readDeadLetter,
  type DeadLetter,
  type DeadLetterOptions,
} from './dead-letters/dead-letters.js';
export { dispositionOf, UNEXPECTED, type Disposition } from './dead-letters/disposition-of.js';
export { KAFKA_ERRORS, KafkaError, UnprocessableRecordError, type KafkaErrorCode } from './port/errors.js';
export type {
  AclRule,
  AtUnreadable,
  Condition,
  ConsumeOptions,
  FollowOptions,
  HeaderValue,
  KafkaAdmin,
  KafkaClient,
  OffsetRange,
  OutgoingRecord,
  ReceivedRecord,
  RecordConsumer,
  RecordContext,
  RecordHandler,
  ReadProgress,
  RecordSender,
  SentRecord,
  TopicDescription,
  TopicFollower,
  TopicToEnsure,
  Tries,
  UnreadableBatch,
} from './port/kafka-client.js';
export { createKafkaClient, type KafkaClientOptions } from './kafkajs/kafkajs-client.js';
export { kafkaClientOf, type KafkaAccess } from './port/kafka-access.js';
export type { KafkaLogger } from './port/kafka-logger.js';
export { sendWithin } from './send/send-within.js';
export { KafkaMetrics } from './telemetry/kafka-metrics.js';
export { firstAppendedAtMs, placeOf, REPLAY_HEADERS, replayedFrom, replayOf } from './dead-letters/replays.js';
export { DamagedRecords, type DamagedRecord } from './consume/damaged-records.js';
export { describeRange } from './consume/unreadable-places.js';
export { SnapshotFollower, type SnapshotFollowerOptions } from './consume/snapshot-follower.js';
export { missingOnKafka, restored, type Restorable, type RestoreOptions, type RunKafkaStep } from './consume/start-on-kafka.js';
export { inTrace, traceparentOf } from './telemetry/traceparent.js';
