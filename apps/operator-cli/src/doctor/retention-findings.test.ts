import { topicName, TOPICS } from '@callbus/contracts';
import { retentionFinding } from './retention-findings.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const days = (count: number): string => String(count * DAY_MS);

/** Runs the check on topics with these settings. @returns its verdict and its text */
function found(
  snapshotRetentionDays: number,
  observations: Record<string, string> = {},
  deadLetters: Record<string, string> = {},
): [string, string] {
  const topics = [
    { spec: TOPICS.observations, changes: observations },
    { spec: TOPICS.observationsDeadLetter, changes: deadLetters },
  ].map(({ spec, changes }) => {
    return { topic: topicName('calls.', spec), partitions: 12, replicationFactor: 3, config: { ...spec.config, ...changes } };
  });
  const { verdict, found: what } = retentionFinding(topics, { topicPrefix: 'calls.', snapshotRetentionDays });
  return [verdict, what];
}

it('finds nothing wrong with the defaults', () => {
  expect(found(35)).toEqual(['ok', '35 days']);
});

it('fails when observations outlive the snapshot, the segments that Kafka keeps included', () => {
  expect(found(14)).toEqual(['failed', expect.stringMatching(/14 days after a call’s end, observations are kept for 14 days/)]);
  expect(found(14, { 'segment.ms': days(1) })).toEqual(['warning', expect.anything()]);
  expect(found(3_650, { 'retention.ms': '-1' })).toEqual(['failed', expect.stringContaining('for ever')]);
});

it('warns when dead letters are kept for longer than they can be replayed', () => {
  expect(found(20)).toEqual(['warning', expect.stringMatching(/kept for 30 days, and can be replayed for 19 days/)]);
  expect(found(31, {}, { 'retention.ms': days(30) })).toEqual(['ok', '31 days']);
});

it('looks at nothing that it cannot see', () => {
  const { verdict } = retentionFinding([], { topicPrefix: 'calls.', snapshotRetentionDays: 35 });
  expect(verdict).toBe('skipped');
});
