import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { accepted, created, foldAll, graphCallIdOf, notification, sampleBody, SAMPLE_NAMES } from '../testing/observations.js';

// What becomes of each of Graph's bodies; fixtures/README.md says how the files are made and read.
const GOLDEN = new URL('../../../fixtures/notifications/', import.meta.url);
const isUpdate = process.env['UPDATE_GOLDEN'] === '1';

interface Golden {
  /** Samples that are folded before; by them the call has come so far. */
  readonly given: readonly string[];
  readonly events: readonly { readonly type: string; readonly data: object }[];
  readonly unhandled: readonly string[];
}

function goldenFile(name: string): URL {
  return new URL(`${name}.json`, GOLDEN);
}

function golden(name: string): Golden {
  if (isUpdate && !existsSync(goldenFile(name))) return { given: [], events: [], unhandled: [] };
  return JSON.parse(readFileSync(goldenFile(name), 'utf8')) as Golden;
}

function fold(name: string, given: readonly string[]): Golden {
  const body = sampleBody(name);
  const graphCallId = graphCallIdOf(body);
  const before = foldAll([
    accepted(),
    created(graphCallId),
    ...given.map((earlier) => notification(earlier, sampleBody(earlier))),
  ]);
  expect(before.unhandled).toEqual([]);
  const { events, unhandled, history } = foldAll([notification(name, body)], before.history);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => before.history.sequence + index + 1));
  expect(history.call.graphCallId).toBe(graphCallId);
  return { given, events: events.map(({ type, data }) => ({ type, data })), unhandled };
}

describe('Graph’s bodies', () => {
  it('are all there, each with its golden file', () => {
    expect(SAMPLE_NAMES).toHaveLength(85);
    if (!isUpdate) expect(readdirSync(GOLDEN).toSorted()).toEqual(SAMPLE_NAMES.map((name) => `${name}.json`).toSorted());
  });

  it.each(SAMPLE_NAMES)('become events: %s', (name) => {
    const expected = golden(name);
    const found = JSON.parse(JSON.stringify(fold(name, expected.given))) as Golden;
    if (isUpdate) writeFileSync(goldenFile(name), `${JSON.stringify(found, null, 2)}\n`);
    else expect(found).toStrictEqual(expected);
  });
});
