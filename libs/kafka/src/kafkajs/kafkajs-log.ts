import { logLevel, type logCreator } from 'kafkajs';
import { KAFKA_ERRORS, type KafkaErrorCode } from '../port/errors.js';
import type { KafkaLogger } from '../port/kafka-logger.js';

/** T4: how the client mentions that it left records out; under this code an alert can be built on it. */
const OFFSET_IS_GONE = 'Offset out of range, resetting to default offset';
const RECORDS_GONE: KafkaErrorCode = 'RECORDS_GONE';

/** The client repeats its lines at each retry. Within this time, ms, only the first one is logged at its own level. */
const REPEAT_MS = 60_000;
const MOST_LINES = 100;

export function logTo(logger: KafkaLogger, monotonicMs: () => number = () => performance.now()): logCreator {
  /** When each line was last written at its own level. */
  const written = new Map<string, number>();
  const isRepeat = (line: string): boolean => {
    const nowMs = monotonicMs();
    if (nowMs - (written.get(line) ?? -Infinity) < REPEAT_MS) return true;
    const oldest = written.keys().next();
    if (written.size >= MOST_LINES && oldest.done !== true) written.delete(oldest.value);
    written.delete(line);
    written.set(line, nowMs);
    return false;
  };
  return () =>
    ({ namespace, level, log }) => {
      const { message, ...fields } = log;
      const named = { ...fields, kafkajs: namespace };
      if (message === OFFSET_IS_GONE) logger.error({ ...named, code: RECORDS_GONE }, KAFKA_ERRORS[RECORDS_GONE]);
      else if (level === logLevel.ERROR && !isRepeat(`${namespace} ${message}`)) logger.warn(named, message);
      else if (level === logLevel.WARN && !isRepeat(`${namespace} ${message}`)) logger.info(named, message);
      else logger.debug(named, message);
    };
}
