/** jest's globalTeardown of the project «kafka»: ends the broker that the set-up started. */
export default async function stopKafka() {
  await globalThis.stopKafkaForTests?.();
}
