import { ContractError } from '@callbus/contracts';
import { dispositionOf, UNEXPECTED } from './disposition-of.js';
import { KAFKA_ERRORS, KafkaError, UnprocessableRecordError, type KafkaErrorCode } from '../port/errors.js';

describe('dispositionOf', () => {
  it.each([
    [new ContractError('CONFLICT', 'x'), 'CONFLICT'],
    [new UnprocessableRecordError('UNHANDLED_NOTIFICATION', 'x'), 'UNHANDLED_NOTIFICATION'],
    [new KafkaError('RECORD_REFUSED', 'x'), 'RECORD_REFUSED'],
    [new TypeError('x'), UNEXPECTED],
    ['thrown text', UNEXPECTED],
    [null, UNEXPECTED],
  ])('puts a record aside after %p', (error, reason) => {
    expect(dispositionOf(error, 1)).toEqual({ kind: 'dead-letter', reason });
  });

  it('waits longer and longer while Kafka is away, and never gives up', () => {
    const delays = [1, 2, 3, 100].map((attempt) => dispositionOf(new KafkaError('SEND_FAILED', 'x'), attempt));
    expect(delays).toEqual([100, 200, 400, 5_000].map((delayMs) => ({ kind: 'retry', delayMs })));
  });

  it('decides on every error of this library', () => {
    const kinds = Object.keys(KAFKA_ERRORS).map((code) => [
      code,
      dispositionOf(new KafkaError(code as KafkaErrorCode, 'x'), 1).kind,
    ]);
    expect(Object.fromEntries(kinds)).toEqual({
      QUEUE_FULL: 'retry',
      SEND_FAILED: 'retry',
      SENDER_CLOSED: 'retry',
      FOLLOWER_LATE: 'retry',
      UNREACHABLE: 'retry',
      UNAUTHENTICATED: 'retry',
      UNAUTHORIZED: 'stop',
      RECORD_REFUSED: 'dead-letter',
      UNREADABLE_BATCH: 'dead-letter',
      RECORDS_GONE: 'stop',
      TOPIC_MISSING: 'stop',
      PARTITION_COUNT: 'stop',
      INVARIANT: 'stop',
    });
  });
});
