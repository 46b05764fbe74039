import { partitionOf, TOPICS, type Snapshot, type TopicSpec } from '@callbus/contracts';
import { SnapshotFollower, type ReceivedRecord, type TopicFollower } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import { CallFacts } from './call-facts.js';

interface Waiter {
  readonly is: (facts: CallFacts) => boolean;
  readonly resolve: () => void;
}

/** One call as it goes on: its records in the ledger, its snapshots and its events. */
export class FollowedCall {
  readonly facts: CallFacts;
  private readonly waiters = new Set<Waiter>();
  private readonly stops: (() => Promise<void>)[] = [];
  private readonly lost = Promise.withResolvers<never>();

  private constructor(
    private readonly installation: Installation,
    callId: string,
  ) {
    this.facts = new CallFacts(callId);
    // Whoever waits hears of it; without anybody who waits it is no unhandled rejection.
    this.lost.promise.catch(() => undefined);
  }

  /** Resolves when everything is read that is on Kafka now. */
  static async open(installation: Installation, callId: string): Promise<FollowedCall> {
    const call = new FollowedCall(installation, callId);
    try {
      await Promise.race([call.start(), call.lost.promise]);
      return call;
    } catch (error) {
      await call.close();
      throw error;
    }
  }

  /** Waits until the call is so. @returns false when it is not after `timeoutMs` */
  async until(is: Waiter['is'], timeoutMs: number): Promise<boolean> {
    if (is(this.facts)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = {
      is,
      resolve: () => {
        resolve(true);
      },
    };
    this.waiters.add(waiter);
    const timer = setTimeout(() => {
      resolve(false);
    }, timeoutMs);
    try {
      return await Promise.race([promise, this.lost.promise]);
    } finally {
      clearTimeout(timer);
      this.waiters.delete(waiter);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.stops.map((stop) => stop()));
  }

  private async start(): Promise<void> {
    const { installation, facts } = this;
    const partition = partitionOf(facts.callId, installation.partitions);
    await Promise.all([
      this.follow(TOPICS.dispatchLedger, 0, (record) => {
        facts.takeLedger(record);
      }),
      this.follow(TOPICS.events, partition, (record) => {
        facts.takeEvent(record);
      }),
      this.followSnapshots(partition),
    ]);
  }

  private async follow(topic: TopicSpec, partition: number, take: (record: ReceivedRecord) => void): Promise<void> {
    const { client, settings } = this.installation;
    const follower = await client.follow({
      topic: this.installation.nameOf(topic),
      partitions: [partition],
      atUnreadable: 'end',
      onRecord: (record) => {
        take(record);
        this.tell();
      },
      onFatal: this.lost.reject,
      standstillMs: settings.readTimeoutMs,
    });
    await this.keepUp(follower);
  }

  private async followSnapshots(partition: number): Promise<void> {
    const { client, topicPrefix, settings } = this.installation;
    const { callId } = this.facts;
    const snapshots = await SnapshotFollower.start<Snapshot | null>({
      client,
      topicPrefix,
      partitionCount: this.installation.partitions,
      partitions: [partition],
      atUnreadable: 'end',
      keep: (snapshot) => (snapshot.callId === callId ? snapshot : null),
      standstillMs: settings.readTimeoutMs,
      onFatal: this.lost.reject,
    });
    const take = (): void => {
      this.facts.snapshot = snapshots.get(callId) ?? undefined;
      this.tell();
    };
    snapshots.onSnapshot((changed) => {
      if (changed === callId) take();
    });
    await this.keepUp(snapshots);
    // It may have come before the listener.
    take();
  }

  private async keepUp(follower: Pick<TopicFollower, 'caughtUp' | 'stop'>): Promise<void> {
    this.stops.push(() => follower.stop());
    await follower.caughtUp();
  }

  private tell(): void {
    for (const { is, resolve } of this.waiters) if (is(this.facts)) resolve();
  }
}
