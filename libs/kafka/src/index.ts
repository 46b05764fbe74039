export { DEAD_LETTER_HEADERS, deadLetterOf, readDeadLetter, type DeadLetter } from './dead-letters/dead-letters.js';
export { KAFKA_ERRORS, KafkaError, UnprocessableRecordError, type KafkaErrorCode } from './port/errors.js';
export type {
  AclRule,
  Condition,
  FollowOptions,
  HeaderValue,
  KafkaAdmin,
  KafkaClient,
  OutgoingRecord,
  ReceivedRecord,
  RecordContext,
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
export { kafkaClientOf } from './port/kafka-access.js';
export type { KafkaLogger } from './port/kafka-logger.js';
export { sendWithin } from './send/send-within.js';
export { KafkaMetrics } from './telemetry/kafka-metrics.js';
export { firstAppendedAtMs, placeOf, replayedFrom, replayOf } from './dead-letters/replays.js';
export { DamagedRecords } from './consume/damaged-records.js';
export { describeRange } from './consume/unreadable-places.js';
export { SnapshotFollower } from './consume/snapshot-follower.js';
export { missingOnKafka, restored } from './consume/start-on-kafka.js';
export { inTrace, traceparentOf } from './telemetry/traceparent.js';
