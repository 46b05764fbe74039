import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '@callbus/chassis';
import { createKafkaClient, type KafkaClient } from '@callbus/kafka';

/** The launcher's own access to the stack's Kafka; what the client has to say goes to a log file, not to the screen. */
export function kafkaAccess(brokers: readonly string[], logFolder: string): KafkaClient {
  const file = join(logFolder, 'local-stack.log');
  const logger = createLogger('local-stack', 'info', (line) => {
    appendFileSync(file, line);
  });
  return createKafkaClient({ brokers, clientId: 'local-stack', logger });
}
