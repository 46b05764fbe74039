import { callResource } from './call-resource.js';
import type { CallPage } from './visible-calls.js';

/** A page ends when it reaches this size, because one call may have a roster of megabytes. */
export const MAX_PAGE_CHARACTERS = 8 * 1024 * 1024;

/**
 * @param linkAfter the address of the page that begins after this call
 * @returns the page as JSON; it may have fewer calls than requested, and then has a next link
 */
export function listPage({ calls, next }: CallPage, linkAfter: (callId: string) => string): string {
  const texts: string[] = [];
  let characters = 0;
  for (const call of calls) {
    if (characters >= MAX_PAGE_CHARACTERS) break;
    const text = JSON.stringify(callResource(call));
    texts.push(text);
    characters += text.length;
  }
  const after = texts.length < calls.length ? (calls[texts.length - 1]?.callId ?? null) : next;
  const link = after === null ? '' : `,"@odata.nextLink":${JSON.stringify(linkAfter(after))}`;
  return `{"value":[${texts.join(',')}]${link}}`;
}
