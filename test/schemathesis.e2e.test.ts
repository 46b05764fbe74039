// Schemathesis makes requests of all sorts from docs/openapi.yaml, and looks at each answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { Program } from './support/program.js';
import { HAS_PYTHON, PythonEnvironment } from './support/python-environment.js';
import { STACK_TIMEOUT_MS, StackForTests } from './support/stack-for-tests.js';

const SEED = 1;
/** Of each operation; what its schema's borders give comes on top of them. */
const MAX_EXAMPLES = 10;
/**
 * All but those that ask of an interface what this one does not mean to be: that it takes whatever fits its schema, which cannot
 * say what goes together in a call, and that what was deleted is gone, where a call that is ended has a history.
 */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
];
/** A run takes about a minute; it is far longer on a busy machine. */
const RUN_TIMEOUT_MS = 300_000;

const schemathesis = new PythonEnvironment(
  'schemathesis',
  join(PROJECT_ROOT, 'test', 'support', 'schemathesis-requirements.txt'),
);
let stack: StackForTests;
let folder: string;

const title = HAS_PYTHON ? 'the gateway' : 'the gateway (not run: this machine lacks Python)';
(HAS_PYTHON ? describe : describe.skip)(title, () => {
  beforeAll(async () => {
    schemathesis.prepare();
    folder = mkdtempSync(join(tmpdir(), 'callbus-schemathesis-'));
    stack = await StackForTests.start({
      environment: {
        gateway: {
          GATEWAY_REQUESTS_PER_SECOND: '100000',
          GATEWAY_WAIT_FOR_CALL_MS: '0',
          GATEWAY_MAX_WAIT_SECONDS: '1',
          GATEWAY_STREAM_LIFE_MS: '1000',
        },
      },
    });
  }, STACK_TIMEOUT_MS);

  afterAll(async () => {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    `answers nothing that docs/openapi.yaml does not foresee, and never with a 5xx (seed ${SEED})`,
    async () => {
      const document = join(PROJECT_ROOT, 'docs', 'openapi.yaml');
      const authorization = `Authorization: Bearer ${await stack.callerToken()}`;
      const options = ['--url', stack.file.gateway.url, '--header', authorization, '--checks', CHECKS.join(',')];
      const generation = ['--max-examples', String(MAX_EXAMPLES), '--seed', String(SEED), '--generation-database', 'none'];
      const run = new Program(
        schemathesis.program('schemathesis'),
        ['run', document, ...options, ...generation],
        {},
        { cwd: folder },
      );
      const report = await run.finished().catch((error: unknown) => {
        throw new Error(run.lines.join('\n'), { cause: error });
      });
      expect(report).toContainEqual(expect.stringMatching(/^ *Tested: 6$/));
    },
    RUN_TIMEOUT_MS,
  );
});
