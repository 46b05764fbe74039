import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ConsumerLag } from '../consume/consumer-lag.js';
import { DEAD_LETTER_HEADERS } from '../dead-letters/dead-letters.js';
import type { OutgoingRecord, ReadProgress } from '../port/kafka-client.js';

/** OpenTelemetry's names of a topic and a group, with underscores. */
const TOPIC = 'messaging_destination_name';
const GROUP = 'messaging_consumer_group_name';

/** The group of all that is read without one; each such reader joins under a random name. */
export const FOLLOWER = 'follower';

interface Watched {
  readonly topic: string;
  readonly group: string;
  readonly lag: ConsumerLag;
}

/** What is counted of Kafka. Topics and groups are full names. */
export class KafkaMetrics {
  private readonly watched: Watched[] = [];
  private readonly restores = new Map<string, () => ReadProgress>();
  private readonly sentRecords;
  private readonly produceErrors;
  private readonly produceMismatches;
  private readonly deadLetters;
  private readonly consumedRecords;
  private readonly processDuration;
  private readonly crashes;
  private readonly rebalances;

  constructor(registry: Registry) {
    const registers = [registry];
    this.sentRecords = new Counter({
      name: 'messaging_client_sent_messages_total',
      help: 'Records that all in-sync replicas have acknowledged',
      labelNames: [TOPIC],
      registers,
    });
    this.produceErrors = new Counter({
      name: 'callbus_kafka_produce_errors_total',
      help: 'Records whose send failed: refused, or not acknowledged in time; some of these may be in the log',
      labelNames: ['topic'],
      registers,
    });
    this.produceMismatches = new Counter({
      name: 'callbus_kafka_produce_mismatches_total',
      help: 'Partitions that the answer to a send did not name; their records were sent again',
      registers,
    });
    this.deadLetters = new Counter({
      name: 'callbus_dead_letters_total',
      help: 'Records that were put aside, by the topic that they came from and the reason (docs/errors.md)',
      labelNames: ['topic', 'reason'],
      registers,
    });
    this.consumedRecords = new Counter({
      name: 'messaging_client_consumed_messages_total',
      help: 'Records that were handled or put aside',
      labelNames: [TOPIC, GROUP],
      registers,
    });
    this.processDuration = new Histogram({
      name: 'messaging_process_duration_seconds',
      help: 'Time that a record took to be handled, its repeats and waits included',
      labelNames: [TOPIC, GROUP],
      registers,
    });
    this.crashes = new Counter({
      name: 'callbus_kafka_consumer_crashes_total',
      help: 'Crashes of consumers; the group of those that follow a topic without one is «follower»; restart: whether the client goes on by itself',
      labelNames: ['group', 'restart'],
      registers,
    });
    this.rebalances = new Counter({
      name: 'callbus_kafka_rebalances_total',
      help: 'Assignments that this process got from its group',
      labelNames: ['group'],
      registers,
    });
    this.gauge(
      registry,
      'callbus_kafka_consumer_lag_records',
      'Records between what is done with and the end of the log, over the partitions held, as of their last fetch',
      (lag) => lag.records(),
    );
    this.gauge(
      registry,
      'callbus_kafka_commit_age_seconds',
      'Time since the last commit of the partition that has waited longest for one, while there is something to read; else 0',
      (lag) => lag.ageSeconds(),
    );
    this.restoreGauge(
      registry,
      'callbus_kafka_restore_read_records',
      'Progress of the last restore of a topic, in offsets; below callbus_kafka_restore_records until it is complete',
      ({ read }) => read,
    );
    this.restoreGauge(
      registry,
      'callbus_kafka_restore_records',
      'Records that were in the topic when its last restore began, in offsets',
      ({ of }) => of,
    );
  }

  sent(records: readonly OutgoingRecord[]): void {
    for (const { topic, headers } of records) {
      this.sentRecords.inc({ [TOPIC]: topic });
      const reason = headers?.[DEAD_LETTER_HEADERS.reason];
      if (reason !== undefined)
        this.deadLetters.inc({ topic: String(headers?.[DEAD_LETTER_HEADERS.topic]), reason: String(reason) });
    }
  }

  notSent(records: readonly OutgoingRecord[]): void {
    for (const { topic } of records) this.produceErrors.inc({ topic });
  }

  leftOut(partitions: number): void {
    this.produceMismatches.inc(partitions);
  }

  /** Tells from now on how far a member of a group is behind. */
  watch(topic: string, group: string, lag: ConsumerLag): void {
    this.watched.push({ topic, group, lag });
    // So that the first one is an increase.
    for (const restart of ['true', 'false']) this.crashes.inc({ group, restart }, 0);
  }

  /** Tells from now on how far this process has read a topic that it reads before it begins its work. */
  restoring(topic: string, progress: () => ReadProgress): void {
    this.restores.set(topic, progress);
  }

  handled(topic: string, group: string, seconds: number): void {
    this.consumedRecords.inc({ [TOPIC]: topic, [GROUP]: group });
    this.processDuration.observe({ [TOPIC]: topic, [GROUP]: group }, seconds);
  }

  crashed(group: string, restart: boolean): void {
    this.crashes.inc({ group, restart: String(restart) });
  }

  assigned(group: string): void {
    this.rebalances.inc({ group });
  }

  private gauge(registry: Registry, name: string, help: string, read: (lag: ConsumerLag) => number): void {
    const { watched } = this;
    new Gauge({
      name,
      help,
      labelNames: ['topic', 'group'],
      registers: [registry],
      collect() {
        for (const { topic, group, lag } of watched) this.set({ topic, group }, read(lag));
      },
    });
  }

  private restoreGauge(registry: Registry, name: string, help: string, read: (progress: ReadProgress) => number): void {
    const { restores } = this;
    new Gauge({
      name,
      help,
      labelNames: ['topic'],
      registers: [registry],
      collect() {
        for (const [topic, progress] of restores) this.set({ topic }, read(progress()));
      },
    });
  }
}
