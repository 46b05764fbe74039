import { logLevel, type logCreator } from 'kafkajs';
import { KAFKA_ERRORS, type KafkaErrorCode } from '../errors.js';
import type { KafkaLogger } from '../kafka-logger.js';

/** T4: how the client mentions that it left records out; under this code an alert can be built on it. */
const OFFSET_IS_GONE = 'Offset out of range, resetting to default offset';
const RECORDS_GONE: KafkaErrorCode = 'RECORDS_GONE';

export function logTo(logger: KafkaLogger): logCreator {
  return () =>
    ({ namespace, level, log }) => {
      const { message, ...fields } = log;
      const named = { ...fields, kafkajs: namespace };
      if (message === OFFSET_IS_GONE) logger.error({ ...named, code: RECORDS_GONE }, KAFKA_ERRORS[RECORDS_GONE]);
      else if (level === logLevel.ERROR) logger.warn(named, message);
      else if (level === logLevel.WARN) logger.info(named, message);
      else logger.debug(named, message);
    };
}
