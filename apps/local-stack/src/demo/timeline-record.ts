/** One Kafka record of a call, as far as a timeline shows it. */
export interface TimelineRecord {
  /** Without the installation's prefix. */
  readonly topic: string;
  /** Kafka's timestamp of the record, milliseconds since 1970. */
  readonly timestampMs: number;
  /** A CloudEvent's type, the type of a ledger record or the kind of an observation. */
  readonly type: string;
  /** A CloudEvent's data, or the whole of the others. */
  readonly data: Readonly<Record<string, unknown>>;
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

/** What Graph's callback in an observation tells, in a few words: the state of the call, or which resource changed. */
export function notificationSummary(body: unknown): string {
  const notifications = objectIn(typeof body === 'string' ? body : '')?.['value'];
  if (!Array.isArray(notifications)) return '';
  return notifications.filter(isObject).map(oneNotification).join('; ');
}

function oneNotification(notification: Record<string, unknown>): string {
  const { resourceData, resourceUrl, resource } = notification;
  if (Array.isArray(resourceData)) return `${lastSegment(resourceUrl ?? resource)}: ${resourceData.length}`;
  if (isObject(resourceData) && typeof resourceData['state'] === 'string') return resourceData['state'];
  return lastSegment(resourceUrl ?? resource);
}

function lastSegment(path: unknown): string {
  return typeof path === 'string' ? (path.split('/').at(-1) ?? '') : '';
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return isObject(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
