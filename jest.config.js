// Tests run on the TypeScript sources of every package: the export condition «source» names them.
// *.test.ts is pure, *.int.test.ts needs Kafka, *.e2e.test.ts needs the whole stack, *.k8s.test.ts builds the manifests;
// *.long.test.ts is run by itself only.
import { join } from 'node:path';

// Every program that a test starts loads the same modules: compiled once, they are there in three quarters of the time.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '.cache', 'compile');

const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Of other packages' files too: one that wraps JSON (x.json.js) keeps its name.
  moduleNameMapper: { '^(\\.{1,2}/.*)(?<!\\.json)\\.js$': '$1' },
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['/dist/', '/\\.callbus/', '/\\.cache/'],
};
const sources = ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/bench', '<rootDir>/test'];

export default {
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.js'],
  testTimeout: 90_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      roots: sources,
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(int|e2e|k8s|long)\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'kafka',
      roots: sources,
      testMatch: ['**/*.int.test.ts'],
      globalSetup: '<rootDir>/test/support/kafka-for-tests.js',
      globalTeardown: '<rootDir>/test/support/kafka-for-tests-teardown.js',
    },
    { ...common, displayName: 'e2e', roots: ['<rootDir>/test'], testMatch: ['**/*.e2e.test.ts'] },
    { ...common, displayName: 'k8s', roots: ['<rootDir>/test'], testMatch: ['**/*.k8s.test.ts'] },
    { ...common, displayName: 'long', roots: ['<rootDir>/test'], testMatch: ['**/*.long.test.ts'] },
  ],
};
