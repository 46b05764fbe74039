import { mayBeginHistoryMs, topicName, TOPICS, type TopicSpec } from '@callbus/contracts';
import type { TopicDescription } from '@callbus/kafka';
import { failed, ok, skipped, warning, type Finding } from './finding.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const CHECK = 'retention of snapshots';
/** Kafka's own default of `segment.ms`. */
const SEGMENT_MS = 7 * DAY_MS;

export interface Retentions {
  readonly topicPrefix: string;
  /** SNAPSHOT_RETENTION_DAYS of the sequencers. */
  readonly snapshotRetentionDays: number;
}

/** Checks that snapshots are kept for longer than the observations that may have to be folded into them. */
export function retentionFinding(
  found: readonly TopicDescription[],
  { topicPrefix, snapshotRetentionDays: days }: Retentions,
): Finding {
  const configOf = (spec: TopicSpec) => found.find(({ topic }) => topic === topicName(topicPrefix, spec))?.config;
  const [observations, deadLetters] = [configOf(TOPICS.observations), configOf(TOPICS.observationsDeadLetter)];
  if (observations === undefined || deadLetters === undefined) return skipped(CHECK, 'the topics cannot be seen');
  // Kafka deletes whole segments, so a record can stay longer than its retention by the time that a segment takes in.
  const keptMs = retentionMsOf(observations) + Number(observations['segment.ms'] ?? SEGMENT_MS);
  if (days * DAY_MS <= keptMs) {
    const what = `they are deleted ${days} days after a call’s end, observations are kept for ${daysOf(keptMs)}, segments included: folded again, they would begin its history anew`;
    return failed(
      CHECK,
      what,
      'Raise SNAPSHOT_RETENTION_DAYS of the sequencers, or lower retention.ms or segment.ms of the observations.',
    );
  }
  const replayableMs = mayBeginHistoryMs(days);
  if (replayableMs < retentionMsOf(deadLetters)) {
    const what = `dead letters of observations are kept for ${daysOf(retentionMsOf(deadLetters))}, and can be replayed for ${daysOf(replayableMs)} if their call has ended`;
    return warning(CHECK, what, 'Replay them before, or raise SNAPSHOT_RETENTION_DAYS of the sequencers.');
  }
  return ok(CHECK, `${days} days`);
}

function retentionMsOf(config: TopicDescription['config']): number {
  const retentionMs = Number(config['retention.ms']);
  return retentionMs === -1 ? Infinity : retentionMs;
}

function daysOf(ms: number): string {
  return ms === Infinity ? 'ever' : `${Math.round((ms / DAY_MS) * 10) / 10} days`;
}
