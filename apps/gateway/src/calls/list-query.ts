import { ApiError } from '../http/api-error.js';

/** What of the calls is asked for. */
export interface ListQuery {
  readonly top: number;
  /** The page begins after this callId. */
  readonly after: string;
  /** Null among them stands for a call that has no state yet; null in place of them for all. */
  readonly states: ReadonlySet<string | null> | null;
}

export const LIST_PAGE = { byDefault: 50, max: 200 };
/** Characters of each option: the longest filter of use names each of Graph's states once. */
export const MAX_OPTION_LENGTH = 1_000;
const UNDERSTOOD: ReadonlySet<string> = new Set(['$top', '$filter', '$skiptoken']);
/** One token: a parenthesis, a text, a word, or an illegal character. The first character decides which, so no text is scanned twice. */
const FILTER_TOKEN = /[()]|'\w{1,40}'|\w+|\S/g;
/** Its tokens with one blank between them. */
const STATE_TERM = /^(?:state eq (null|'\w+')|\( state eq (null|'\w+') \))$/;

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
  const tokens = filter.toLowerCase().match(FILTER_TOKEN) ?? [];
  const terms = tokens.join(' ').split(' or ');
  return new Set(terms.map(stateOf));
}

function stateOf(term: string): string | null {
  const [, plain, bracketed] = STATE_TERM.exec(term) ?? [];
  const state = plain ?? bracketed;
  if (state === undefined) {
    throw refusal('$filter', "must be state eq '…' or state eq null, several of them joined by or");
  }
  return state === 'null' ? null : state.slice(1, -1);
}

function textOf(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw refusal(name, 'must be given once');
  if (value.length > MAX_OPTION_LENGTH) throw refusal(name, `has more than ${MAX_OPTION_LENGTH} characters`);
  return value;
}

function refusal(target: string, message: string): ApiError {
  return new ApiError(400, 'BadRequest', `The query is not valid: ${target} ${message}.`, { details: [{ target, message }] });
}
