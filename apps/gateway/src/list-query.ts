import { ApiError } from './api-error.js';

/** What of the calls is asked for. */
export interface ListQuery {
  readonly top: number;
  /** The page begins after this callId. */
  readonly after: string;
  /** Null among them stands for a call that has no state yet; null in place of them for all. */
  readonly states: ReadonlySet<string | null> | null;
}

export const LIST_PAGE = { byDefault: 50, max: 200 };
const UNDERSTOOD: ReadonlySet<string> = new Set(['$top', '$filter', '$skiptoken']);
const STATE_TERM = /^\(?state eq (?:'(\w{1,40})'|null)\)?$/i;

/**
 * Reads OData’s options of a list.
 * @throws ApiError 400 for what is not understood: to leave it out would answer another question
 */
export function readListQuery(query: Readonly<Record<string, unknown>>): ListQuery {
  const unknown = Object.keys(query).filter((name) => name.startsWith('$') && !UNDERSTOOD.has(name));
  if (unknown.length > 0) {
    throw refusal(unknown[0] ?? '', `is not offered; there are ${[...UNDERSTOOD].join(', ')}`);
  }
  return {
    top: topOf(query['$top'], LIST_PAGE),
    after: textOf(query, '$skiptoken') ?? '',
    states: statesOf(textOf(query, '$filter')),
  };
}

/** @throws ApiError 400 */
export function topOf(value: unknown, { byDefault, max }: { readonly byDefault: number; readonly max: number }): number {
  if (value === undefined) return byDefault;
  const top = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (top === 0) throw refusal('$top', 'must be a whole number from 1 on');
  return Math.min(top, max);
}

function statesOf(filter: string | undefined): ListQuery['states'] {
  if (filter === undefined) return null;
  const terms = filter.split(/\s+or\s+/i).map((term) => STATE_TERM.exec(term.trim().replace(/\s+/g, ' ')));
  if (!terms.every((term) => term !== null)) {
    throw refusal('$filter', "must be state eq '…' or state eq null, several of them joined by or");
  }
  return new Set(terms.map(([, state]) => state?.toLowerCase() ?? null));
}

function textOf(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw refusal(name, 'must be given once');
}

function refusal(target: string, message: string): ApiError {
  return new ApiError(400, 'BadRequest', `The query is not valid: ${target} ${message}.`, { details: [{ target, message }] });
}
