/** How a call went: `200/4521 the other side ended the call`, or Graph’s message; empty when it says nothing. */
export function resultText(resultInfo: unknown): string {
  const { code, subcode, meaning, message } = (resultInfo ?? {}) as Record<string, unknown>;
  return words([codes(code, subcode), meaning ?? message]);
}

/** What an operation on the call came to: `playPrompt Completed 200/0 done`. */
export function operationText(operation: unknown): string {
  const { '@odata.type': type, status, resultInfo } = (operation ?? {}) as Record<string, unknown>;
  const name = asText(type)
    .split('.')
    .at(-1)
    ?.replace(/Operation$/, '');
  return words([name, status, resultText(resultInfo)]);
}

/** What the body of a callback tells: the state of the call, or which resource changed. */
export function notificationText(body: unknown): string {
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

/** Why it refused, or why we did not ask it: `403 7504 Insufficient permissions`, every fault of the call, and what to do. */
export function errorText(error: unknown): string {
  const { httpStatus, code, message, details, advice } = (error ?? {}) as Record<string, unknown>;
  const faults = Array.isArray(details) ? details.map((fault) => words(Object.values((fault ?? {}) as object))).join('; ') : '';
  return words([httpStatus, code, message, faults, advice]);
}

function codes(...parts: readonly unknown[]): string {
  return parts
    .map(asText)
    .filter((part) => part !== '')
    .join('/');
}

function words(parts: readonly unknown[]): string {
  return parts
    .map(asText)
    .filter((part) => part !== '')
    .join(' ');
}

/** A number or text as text; anything else is nothing that people want to read. */
export function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** @returns undefined for text that is no JSON object */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return isObject(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
