import { partitionOf, TOPICS } from '@callbus/contracts';
import { KafkaTransport, type KafkaTransportOptions } from '@callbus/kafka/nest';

/**
 * The calls that this process looks after: those whose partition of the commands topic it was given. That shares the work and
 * is never needed for safety.
 */
export class OwnCalls {
  readonly transport: KafkaTransport;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: Omit<KafkaTransportOptions, 'onAssigned'>) {
    this.transport = new KafkaTransport({
      ...options,
      onAssigned: (topic) => {
        // The assignment counts as soon as this callback has returned.
        if (topic === TOPICS.commands.name)
          setImmediate(() => {
            for (const listener of this.listeners) listener();
          });
      },
    });
  }

  has(callId: string): boolean {
    return this.transport.assignment(TOPICS.commands.name).includes(partitionOf(callId, this.options.partitions));
  }

  /** Calls the listener after every assignment of partitions of the commands topic. */
  onAssigned(listener: () => void): void {
    this.listeners.add(listener);
  }
}
