import { isObject, objectIn } from './graph-words.js';
import type { RecordContent } from './record-words.js';

export interface TimelineRecord extends RecordContent {
  /** Kafka's timestamp of the record, milliseconds since 1970. */
  readonly timestampMs: number;
}

/**
 * Reads a record of any topic of ours, leniently: a timeline shows also what this release does not know.
 * @returns undefined for what is not an object in JSON
 */
export function timelineRecord(topic: string, timestampMs: number, value: Buffer | null): TimelineRecord | undefined {
  const content = objectIn(value?.toString('utf8') ?? '');
  if (content === undefined) return undefined;
  const isCloudEvent = typeof content['specversion'] === 'string' && isObject(content['data']);
  const data = isCloudEvent ? (content['data'] as Record<string, unknown>) : content;
  const type = content['type'] ?? content['kind'];
  return { topic, timestampMs, data, type: typeof type === 'string' ? type : '?' };
}
