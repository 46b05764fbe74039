import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';

/** The law of design §1: what each package may import of ours. */
const LAW: Readonly<Record<string, readonly string[]>> = {
  'libs/contracts': [],
  'libs/kafka': ['contracts'],
  'libs/client': ['contracts', 'kafka'],
  'libs/graph': [],
  'libs/chassis': [],
  'apps/gateway': ['contracts', 'kafka', 'graph', 'chassis'],
  'apps/call-dispatcher': ['contracts', 'kafka', 'graph', 'chassis'],
  'apps/notification-ingest': ['contracts', 'kafka', 'graph', 'chassis'],
  'apps/operator-cli': ['contracts', 'kafka', 'graph', 'chassis'],
  'apps/graph-simulator': ['graph', 'chassis'],
  'apps/local-stack': ['contracts', 'kafka', 'graph', 'chassis'],
};

const RULES = ['no-restricted-imports', 'no-restricted-syntax'];
// What is imported is in the text itself: no other rule, and no types, which take a second for each file.
const eslint = new ESLint({
  cwd: PROJECT_ROOT,
  ruleFilter: ({ ruleId }) => RULES.includes(ruleId),
  overrideConfig: { languageOptions: { parserOptions: { project: null } } },
});

/** @returns what the linter says of a text in the place of this file about its imports */
async function importFaults(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: join(PROJECT_ROOT, file) });
  const messages = result?.messages ?? [];
  const fatal = messages.find((message) => message.fatal);
  if (fatal !== undefined) throw new Error(fatal.message);
  return messages.filter(({ ruleId }) => RULES.includes(ruleId ?? '')).map(({ message }) => message);
}

/** @returns the packages of others that a module of ours loads, by itself or through other modules of ours */
function packagesLoadedBy(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles.flatMap(({ fileName: name }) => {
    if (name.startsWith('.')) return packagesLoadedBy(join(dirname(file), name.replace(/\.js$/, '.ts')), seen);
    const ours = /^@callbus\/(\w+)$/.exec(name)?.[1];
    return ours === undefined ? [name] : packagesLoadedBy(join(PROJECT_ROOT, 'libs', ours, 'src/index.ts'), seen);
  });
}

describe('the law of imports', () => {
  it.each([
    ['libs/contracts/src/index.ts', "export * from '@callbus/kafka';"],
    ['libs/kafka/src/index.ts', "export * from '@callbus/chassis';"],
    ['libs/kafka/src/kafkajs/kafkajs-client.ts', "export * from '@callbus/graph';"],
    ['libs/client/src/index.ts', "export * from '@callbus/graph';"],
    ['libs/graph/src/index.ts', "export * from '@callbus/contracts';"],
    ['libs/chassis/src/index.ts', "export * from '@callbus/kafka';"],
    ['apps/gateway/src/main.ts', "export * from '@callbus/call-dispatcher';"],
    ['apps/gateway/src/main.ts', "export * from '../../call-dispatcher/src/ledger.js';"],
    ['libs/contracts/src/index.ts', "export * from '../../../apps/gateway/src/main.js';"],
    ['apps/gateway/src/main.ts', "export * from '@callbus/kafka/src/kafkajs/kafkajs-client.js';"],
    ['apps/gateway/src/main.ts', "export * from '@callbus/kafka/nest/kafka-transport.js';"],
    ['libs/client/src/index.ts', "export * from '@callbus/kafka/nest';"],
    ['apps/gateway/src/main.ts', "export * from 'kafkajs';"],
    ['libs/kafka/src/send/gathering-sender.ts', "export * from 'kafkajs';"],
    ['apps/gateway/src/main.ts', "import '../testing/gateway-under-test.js';"],
    ['apps/gateway/src/main.ts', "export * from './testing/gateway-under-test.js';"],
    ['apps/gateway/src/main.ts', "export { start } from './testing/gateway-under-test.js';"],
    ['apps/gateway/src/main.ts', "await import('./testing/gateway-under-test.js');"],
    ['apps/graph-simulator/src/main.ts', "export * from '@callbus/contracts';"],
    ['apps/graph-simulator/src/main.ts', "export * from '@callbus/kafka';"],
  ])('is broken by %s with %s, and the linter says so', async (file, text) => {
    expect(await importFaults(file, text)).not.toEqual([]);
  });

  it('lets through what it allows', async () => {
    expect(await importFaults('apps/gateway/src/main.ts', "export * from '@callbus/kafka';")).toEqual([]);
    expect(await importFaults('apps/gateway/src/main.ts', "export * from '@callbus/kafka/nest';")).toEqual([]);
    expect(await importFaults('libs/kafka/src/kafkajs/kafkajs-client.ts', "export * from 'kafkajs';")).toEqual([]);
    expect(await importFaults('libs/kafka/src/kafkajs/mends.ts', "export * from 'kafkajs/src/broker';")).toEqual([]);
    expect(await importFaults('libs/kafka/src/index.ts', "export * from '@callbus/contracts';")).toEqual([]);
    expect(await importFaults('apps/gateway/src/gateway-app.test.ts', "import './testing/gateway-under-test.js';")).toEqual([]);
  });

  it('keeps Nest out of what producers and subscribers install', () => {
    const loaded = packagesLoadedBy(join(PROJECT_ROOT, 'libs/client/src/index.ts'));
    expect(loaded).toContain('kafkajs');
    expect(loaded.filter((name) => name.startsWith('@nestjs/'))).toEqual([]);
  });

  it('is what every package’s dependencies and the compiler’s references keep to', () => {
    const folders = ['libs', 'apps'].flatMap((kind) => readdirSync(join(PROJECT_ROOT, kind)).map((name) => `${kind}/${name}`));
    expect(folders.toSorted()).toEqual(Object.keys(LAW).toSorted());
    for (const folder of folders) {
      const read = (file: string): unknown => JSON.parse(readFileSync(join(PROJECT_ROOT, folder, file), 'utf8'));
      const { dependencies = {} } = read('package.json') as { dependencies?: Record<string, string> };
      const { references = [] } = read('tsconfig.json') as { references?: { path: string }[] };
      const ours = Object.keys(dependencies).flatMap((name) => /^@callbus\/(.*)$/.exec(name)?.[1] ?? []);
      const referenced = references.map(({ path }) => path.split('/').at(-1) ?? '');
      expect([folder, ours.filter((name) => !LAW[folder]?.includes(name))]).toEqual([folder, []]);
      expect([folder, referenced.toSorted()]).toEqual([folder, ours.toSorted()]);
    }
  });
});
