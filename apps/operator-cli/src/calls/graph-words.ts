/** What Graph says of how a call went: `200/4521 The conversation has ended.`; empty when it says nothing. */
export function resultText(resultInfo: unknown): string {
  const { code, subcode, subCode, message } = (resultInfo ?? {}) as Record<string, unknown>;
  return words([codes(code, subcode ?? subCode), message]);
}

/** Why it refused, or why we did not ask it: `403 7504 Insufficient permissions`, and every fault of the call. */
export function errorText(error: unknown): string {
  const { httpStatus, code, message, details } = (error ?? {}) as Record<string, unknown>;
  const faults = Array.isArray(details) ? details.map((fault) => words(Object.values(fault as object))).join('; ') : '';
  return words([httpStatus, code, message, faults]);
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
