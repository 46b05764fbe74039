import { CALL_LIMITS } from './call-limits.js';
import { fixture } from '../testing/fixtures.js';
import { validateCall } from './validate-call.js';

const CALL = fixture('create-call/seed-ex1-request');
const { depth, entries, name, text, longText } = CALL_LIMITS;
const pathsOf = (more: object, maxBytes?: number): string[] =>
  validateCall({ ...CALL, ...more }, maxBytes).map(({ path }) => path);
const nested = (levels: number): object => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as object;
const app = (blob: string): object => ({ mediaConfig: { '@odata.type': '#microsoft.graph.appHostedMediaConfig', blob } });

describe('the size limits of a create', () => {
  it.each([
    ['subject', { subject: 'x'.repeat(text + 1) }],
    ['metadata.note', { metadata: { note: 'x'.repeat(text + 1) } }],
    ['note@odata.type', { 'note@odata.type': 'x'.repeat(text + 1) }],
    ['mediaConfig.blob', app('x'.repeat((longText.get('blob') ?? 0) + 1))],
    ['answeredBy', { answeredBy: Array.from({ length: entries + 1 }, () => ({})) }],
    ['answeredBy', { answeredBy: Object.fromEntries(Array.from({ length: entries + 1 }, (_, index) => [`m${index}`, 1])) }],
    ['state', { state: 'x'.repeat(text + 1) }],
  ])('refuse a %s that is too large', (path, more) => {
    expect(pathsOf(more)).toEqual([path]);
  });

  it('refuse a long name with a shortened path, and nesting of any depth without a stack overflow', () => {
    expect(pathsOf({ ['x'.repeat(name + 1)]: 1 })).toEqual([`${'x'.repeat(128)}…`]);
    expect(pathsOf({ x: nested(depth) })).toEqual([`x${'.a'.repeat(depth - 1)}`]);
    expect(pathsOf({ x: nested(depth - 1) })).toEqual([]);
  });

  it('accept a create that is exactly as large as they allow', () => {
    expect(
      pathsOf({ subject: 'x'.repeat(text), answeredBy: Array.from({ length: entries }, () => 1), ['x'.repeat(name)]: 1 }),
    ).toEqual([]);
    expect(pathsOf(app('x'.repeat(longText.get('blob') ?? 0)))).toEqual([]);
  });

  it('bound the bytes of the whole, counted as UTF-8, and say how many it has', () => {
    const bytes = Buffer.byteLength(JSON.stringify({ ...CALL, subject: 'é' }));
    expect(validateCall({ ...CALL, subject: 'é' }, bytes)).toEqual([]);
    expect(validateCall({ ...CALL, subject: 'é' }, bytes - 1)).toEqual([
      { path: '$', message: `must be at most ${bytes - 1} bytes of JSON, but has ${bytes}` },
    ]);
  });

  it('name many large parts in a short report', () => {
    const part = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${'x'.repeat(200)}${index}`, 'y'.repeat(5_000)]));
    const faults = validateCall({ ...CALL, a: part, b: part, c: part });
    expect(faults).toHaveLength(101);
    expect(JSON.stringify(faults).length).toBeLessThan(25_000);
  });
});
