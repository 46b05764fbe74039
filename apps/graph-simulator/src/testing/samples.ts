import { readFileSync } from 'node:fs';
import type { Json } from '../calls/graph-call.js';

const folder = new URL('../../../../libs/graph/fixtures/', import.meta.url);

/** A sample of Microsoft's page by its path below libs/graph/fixtures, without `.json`. */
export function sample(path: string): Json {
  return JSON.parse(readFileSync(new URL(`${path}.json`, folder), 'utf8')) as Json;
}

/** A create request of the page by its number there. One of its tenants is no GUID; that is mended. */
export function exampleRequest(example: number): Json {
  const text = JSON.stringify(sample(`create-call/seed-ex${example}-request`));
  return JSON.parse(text.replaceAll('86dc81db-c112-4228-9222-63f3esaa1edb', '86dc81db-c112-4228-9222-63f3e5aa1edb')) as Json;
}
