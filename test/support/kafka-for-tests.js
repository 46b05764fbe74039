import { startKafkaForTests } from '../../apps/local-stack/dist/kafka-for-tests.js';

/** jest's globalSetup of the project «kafka»: one real broker for the run, or the one that CALLBUS_TEST_BROKERS names. */
export default async function startKafka() {
  if (process.env.CALLBUS_TEST_BROKERS) return;
  const kafka = await startKafkaForTests();
  process.env.CALLBUS_TEST_BROKERS = kafka.brokers.join(',');
  globalThis.stopKafkaForTests = kafka.stop;
}
