import type { OutgoingRecord, RecordSender } from '../port/kafka-client.js';

/**
 * Sends records, and waits for Kafka's confirmation no longer than `timeoutMs`. A send itself cannot be cancelled.
 * @param late makes the error of a send that is not confirmed in time: its records may be in the log or not
 * @throws what `late` makes, and as `RecordSender.send`
 */
export async function sendWithin(
  timeoutMs: number,
  sender: Pick<RecordSender, 'send'>,
  records: readonly OutgoingRecord[],
  late: () => Error,
): Promise<void> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(late());
  }, timeoutMs);
  try {
    await Promise.race([sender.send(records), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
