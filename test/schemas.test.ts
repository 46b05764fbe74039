import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { breakingChanges, breakingChangesOfAll } from '../docs/schema-changes.mjs';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';

type Json = Record<string, unknown>;

const SCHEMAS = join(PROJECT_ROOT, 'docs', 'schemas');
const FIXTURES = join(PROJECT_ROOT, 'libs', 'contracts', 'fixtures');
const read = (...path: string[]): Json => JSON.parse(readFileSync(join(...path), 'utf8')) as Json;
const files = globSync('*/*/*.json', { cwd: SCHEMAS });
const current = Object.fromEntries(files.map((file) => read(SCHEMAS, file)).map((schema) => [String(schema['$id']), schema]));

describe('the schema of each message', () => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  addFormats.default(ajv);

  /** The message of a golden fixture as its schema describes it. */
  const messageOf = (folder: string, file: string): unknown => {
    const message = read(FIXTURES, folder, file);
    return 'specversion' in message ? message['data'] : message;
  };
  const folderOf = (topic: string): string => (topic === 'dispatchLedger' ? 'ledger' : topic);

  it.each(files)('%s takes the golden fixture, and refuses it without any member that it requires', (file) => {
    const [topic = '', type = '', version = ''] = file.replace(/\.json$/, '').split('/');
    const schema = read(SCHEMAS, file);
    const validate = ajv.compile(schema);
    const folder = folderOf(topic);
    // A newer version beside the first has a fixture of its own.
    const numbered = `${type}-${version}.json`;
    const fixture = existsSync(join(FIXTURES, folder, numbered)) ? numbered : `${type === 'Snapshot' ? 'snapshot' : type}.json`;
    const message = messageOf(folder, fixture) as Json;
    validate(message);
    expect(validate.errors).toBeNull();
    for (const member of schema['required'] as string[]) {
      expect([member, validate({ ...message, [member]: undefined })]).toEqual([member, false]);
    }
  });
});

describe('the compatibility check', () => {
  it('finds that no version has changed since it was released but by optional members', () => {
    expect(breakingChangesOfAll(read(SCHEMAS, 'baseline.json') as Record<string, Json>, current)).toEqual([]);
  });

  const before = {
    description: 'Somebody pressed a key.',
    type: 'object',
    required: ['tone'],
    properties: {
      tone: { type: 'string', enum: ['tone0', 'tone1'] },
      at: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      by: { $ref: '#/$defs/Person' },
    },
    $defs: { Person: { type: 'object', required: [], properties: { name: { type: 'string' } } } },
  };
  const changed = (change: (schema: typeof before) => void): string[] => {
    const after = structuredClone(before);
    change(after);
    return breakingChanges(before, after);
  };
  const withMember = (schema: { properties: object }, member: string): object =>
    Object.assign(schema.properties, { [member]: { type: 'string' } });

  it.each<[string, (schema: typeof before) => void]>([
    ['a new optional member', (schema) => withMember(schema, 'new')],
    ['a new optional member of an object within', (schema) => withMember(schema.$defs.Person, 'new')],
    ['other words', (schema) => Object.assign(schema, { description: 'A key was pressed.' })],
  ])('lets %s through', (_what, change) => {
    expect(changed(change)).toEqual([]);
  });

  it.each<[string, (schema: typeof before) => void, string]>([
    ['a member that is gone', (schema) => Reflect.deleteProperty(schema.properties, 'at'), '$.at is gone'],
    [
      'a member within that is gone',
      (schema) => Reflect.deleteProperty(schema.$defs.Person.properties, 'name'),
      '$.Person.name is gone',
    ],
    [
      'a new member that has to be there',
      (schema) => (withMember(schema, 'new'), schema.required.push('new')),
      '$.new has to be there',
    ],
    ['a member that need not be there any more', (schema) => schema.required.pop(), '$.tone need not be there any more'],
    [
      'another type',
      (schema) => Object.assign(schema.properties.tone, { type: 'integer' }),
      '$.tone: type was "string" and is "integer"',
    ],
    [
      'one value more',
      (schema) => schema.properties.tone.enum.push('star'),
      '$.tone: enum was ["tone0","tone1"] and is ["tone0","tone1","star"]',
    ],
    ['no null any more', (schema) => schema.properties.at.anyOf.pop(), '$.at: anyOf was'],
    ['another object within', (schema) => Object.assign(schema.properties.by, { $ref: '#/$defs/Other' }), '$.by: $ref was'],
  ])('finds %s', (_what, change, found) => {
    expect(changed(change)).toEqual([expect.stringContaining(found)]);
  });

  it('finds a type that is gone, and lets a version go that a newer one has taken the place of', () => {
    const id = (type: string, version: number): string => `urn:callbus:schema/${type}/${version}`;
    const all = { [id('A', 1)]: before, [id('B', 1)]: before };
    expect(breakingChangesOfAll(all, { [id('A', 2)]: {}, [id('C', 1)]: {} })).toEqual([`${id('B', 1)} is gone`]);
  });
});
