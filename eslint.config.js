import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** The law of imports (ARCHITECTURE.md): what each package of ours may import of ours, and which entry of it. */
const LAW = {
  'libs/contracts': [],
  'libs/kafka': ['contracts'],
  'libs/client': ['contracts', 'kafka'],
  'libs/graph': [],
  'libs/chassis': [],
  'apps/graph-simulator': ['graph', 'chassis'],
  'apps/*': ['contracts', 'kafka', 'kafka/nest', 'client', 'graph', 'chassis'],
  bench: ['contracts', 'kafka', 'local-stack'],
  'bench/obvious-stack': [],
  'bench/ingest/obvious': [],
  examples: ['client'],
  'bench/gateway/minimal': [],
};

const deepImports = {
  regex: '^@callbus/(?!kafka/nest$)[^/]+/',
  message: 'Import a library by its name: what is not in its index.ts is its own.',
};
const otherPackages = {
  regex: '^(\\.\\./)+(apps/|libs/|.*/src/)',
  message: 'Packages import each other by name, never by path.',
};

/** One folder imports kafkajs, so that another client can take its place. */
const KAFKAJS_FOLDER = 'libs/kafka/src/kafkajs';
const kafkajs = { regex: '^kafkajs(/|$)', message: `Only ${KAFKAJS_FOLDER} imports kafkajs; use the port of @callbus/kafka.` };

function lawOf(folder, allowed) {
  const others = `^@callbus/(?!(${allowed.join('|') || '-'})$)`;
  const message = `The law of imports: ${folder} may import ${allowed.length > 0 ? allowed.join(', ') : 'nothing'} of ours.`;
  return [{ regex: others, message }, deepImports, otherPackages];
}

function restrict(files, patterns) {
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '.callbus/', '.cache/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['libs/*', 'apps/*', 'bench', 'examples', 'test'].map((folder) => `./${folder}/tsconfig.json`),
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      // Message and settings classes describe plain data: nothing relies on their prototypes.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  // Nest reads the types of constructor parameters at run time, so classes that are injected are imported as values.
  ...Object.entries(LAW)
    .toSorted(([a], [b]) => Number(b.includes('*')) - Number(a.includes('*')))
    .map(([folder, allowed]) => restrict(`${folder}/**/*.ts`, [...lawOf(folder, allowed), kafkajs])),
  restrict(`${KAFKAJS_FOLDER}/**/*.ts`, lawOf('libs/kafka', LAW['libs/kafka'])),
  // A pattern takes time that grows with the text alone: one request must not hold a process.
  {
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: false, ignorePartial: false }],
      'no-restricted-syntax': [
        'error',
        ...['ImportDeclaration', 'ExportAllDeclaration', 'ExportNamedDeclaration', 'ImportExpression'].map((kind) => ({
          selector: `${kind}[source.value=/\\u002ftesting\\u002f/]`,
          message: 'Only tests import what is in a folder named testing: it is not compiled.',
        })),
        ...['NewExpression', 'CallExpression'].map((kind) => ({
          selector: `${kind}[callee.name="RegExp"]`,
          message: 'Write the pattern as a literal: the linter checks how its time grows.',
        })),
      ],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Jest's asymmetric matchers are of type any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
