import { topicName, TOPICS } from '@callbus/contracts';
import type { RecordSender } from '@callbus/kafka';
import type { StackForBench } from '@callbus/local-stack';
import { CommandTopic } from './command-topic.js';
import type { DispatchSystem } from './dispatch-system.js';

/** callbus as a system to be measured; it has finished with a call when the call's history says that it was created. */
export async function callbus(
  { file, client, partitions }: StackForBench,
  sender: RecordSender,
  onFatal: (error: unknown) => void,
): Promise<DispatchSystem & { readonly close: () => Promise<void> }> {
  const created = new Set<string>();
  const events = await client.follow({
    topic: topicName(file.topicPrefix, TOPICS.events),
    onRecord: ({ key, headers }) => {
      if (String(headers['ce_type']) === 'CallCreated') created.add(String(key));
    },
    onFatal,
  });
  const topic = topicName(file.topicPrefix, TOPICS.commands);
  return {
    name: 'callbus',
    commands: new CommandTopic(sender, topic, partitions, file.caller.tenantId),
    hasFinished: (callId) => created.has(callId),
    close: () => events.stop(),
  };
}
