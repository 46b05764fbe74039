import type { Admin } from 'kafkajs';
import { plainKafka } from '../support/plain-kafka.js';
import type { FaultStack } from './fault-stack.js';

/** Asks, or changes, something of the stack's Kafka itself. */
export async function withAdmin<T>(system: FaultStack, work: (admin: Admin, prefix: string) => Promise<T>): Promise<T> {
  const admin = plainKafka(system.stack.file.kafka.brokers).admin();
  await admin.connect();
  try {
    return await work(admin, system.stack.file.topicPrefix);
  } finally {
    await admin.disconnect();
  }
}
