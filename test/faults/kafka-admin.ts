import type { Admin } from 'kafkajs';
import { plainKafka } from '../support/plain-kafka.js';
import type { StackForTests } from '../support/stack-for-tests.js';

/** Asks, or changes, something of the stack's Kafka itself. */
export async function withAdmin<T>(
  { stack: { file } }: { readonly stack: StackForTests },
  work: (admin: Admin, prefix: string) => Promise<T>,
): Promise<T> {
  const admin = plainKafka(file.kafka.brokers).admin();
  await admin.connect();
  try {
    return await work(admin, file.topicPrefix);
  } finally {
    await admin.disconnect();
  }
}
