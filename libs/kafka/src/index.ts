export { DEAD_LETTER_HEADERS, deadLetterOf, readDeadLetter, type DeadLetter, type DeadLetterOptions } from './dead-letters.js';
export { dispositionOf, UNEXPECTED, type Disposition } from './disposition-of.js';
export { KAFKA_ERRORS, KafkaError, UnprocessableRecordError, type KafkaErrorCode } from './errors.js';
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
} from './kafka-client.js';
export { createKafkaClient, type KafkaClientOptions } from './kafkajs/kafkajs-client.js';
export { kafkaClientOf, type KafkaAccess } from './kafka-access.js';
export type { KafkaLogger } from './kafka-logger.js';
export { KafkaMetrics } from './kafka-metrics.js';
export {
  KafkaTransport,
  OnRecord,
  RethrowFilter,
  type KafkaTransportOptions,
  type RecordHandlerOptions,
} from './kafka-transport.js';
export { firstAppendedAtMs, placeOf, REPLAY_HEADERS, replayedFrom, replayOf } from './replays.js';
export { DamagedRecords, type DamagedRecord } from './damaged-records.js';
export { describeRange } from './unreadable-places.js';
export { SnapshotFollower, type SnapshotFollowerOptions } from './snapshot-follower.js';
export { missingOnKafka, restored, type Restorable, type RestoreOptions, type RunKafkaStep } from './start-on-kafka.js';
export { inTrace, traceparentOf } from './traceparent.js';
