import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';
import { CallbackKeys } from './support/callback-keys.js';
import { buildImage, readStages, type ImageConfig } from './support/image-build.js';
import { HAS_PYTHON, PythonEnvironment } from './support/python-environment.js';
import { newTopicPrefix } from './support/receiver-process.js';
import { startService } from './support/service-process.js';
import { serviceSettings, type Deployment } from './support/service-settings.js';

// What the Dockerfile makes, made without a container engine and run as it would be: by a user who owns nothing, and on files
// that nobody may write.
const BUILD_TIMEOUT_MS = 300_000;
const brokers = (process.env['CALLBUS_TEST_BROKERS'] ?? '').split(',');
const dockerfile = readFileSync(join(PROJECT_ROOT, 'Dockerfile'), 'utf8');
const isRoot = process.getuid?.() === 0;

let folder: string;
let root: string;
let config: ImageConfig;
let node: string;
let keys: CallbackKeys;
let ca: string;
let topicPrefix: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'image-'));
  ({ root, config } = buildImage(folder));
  [node, ca] = [join(folder, 'node'), join(folder, 'ca.pem')];
  copyFileSync(process.execPath, node);
  keys = await CallbackKeys.start();
  copyFileSync(keys.files.caFile, ca);
  execFileSync('chmod', ['-R', 'a+rX,a-w', folder]);
  topicPrefix = await newTopicPrefix(brokers);
}, BUILD_TIMEOUT_MS);
afterAll(async () => {
  await keys.stop();
  chmodSync(folder, 0o700);
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true });
}, BUILD_TIMEOUT_MS);

/** The image's user, where the tests may become another one. */
function user(): { readonly uid?: number; readonly gid?: number } {
  const [uid, gid] = config.user.split(':').map(Number);
  return isRoot && uid !== undefined && gid !== undefined ? { uid, gid } : {};
}

/** As the image's entry point would. @param args in the place of its command */
function runs(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const options = { cwd: join(root, config.workingFolder), env: { ...config.environment, ...environment }, ...user() };
  const { status, stdout, stderr } = spawnSync(node, args, { ...options, encoding: 'utf8' });
  return { status, stdout, stderr };
}

(HAS_PYTHON ? it : it.skip)('is a Dockerfile without a fault that hadolint knows', () => {
  const hadolint = new PythonEnvironment('hadolint', join(PROJECT_ROOT, 'test', 'support', 'hadolint-requirements.txt'));
  hadolint.prepare();
  const { status, stdout } = spawnSync(hadolint.program('hadolint'), ['-'], { input: dockerfile, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

it('compiles as the tests do, and on the Node that they run on', () => {
  const [before, build] = readStages(dockerfile);
  expect(build?.map(({ name, text }) => `${name} ${text}`)).toEqual([
    'FROM ${NODE} AS build',
    'WORKDIR /app',
    'COPY . .',
    'RUN npm ci && npm run build',
  ]);
  expect(before).toEqual([{ name: 'ARG', text: `NODE=node:${process.versions.node}-slim` }]);
});

it('runs node itself, by a number that is not root’s', () => {
  expect(config).toMatchObject({
    entrypoint: ['node'],
    command: ['main.js'],
    user: expect.stringMatching(/^[1-9]\d+:[1-9]\d+$/),
  });
});

it('holds what runs, and nothing that only builds or tests need', () => {
  const app = join(root, config.workingFolder);
  const packages = ['typescript', 'jest', 'eslint', 'prettier', '@nestjs/cli', 'node'];
  expect(packages.filter((name) => existsSync(join(app, 'node_modules', name)))).toEqual([]);
  expect(existsSync(join(app, 'apps', 'gateway', 'dist', 'main.js'))).toBe(true);
  expect(['apps/gateway/src', 'test', 'docs', '.git'].filter((path) => existsSync(join(app, path)))).toEqual([]);
});

it('runs the app that it was built for, which says all that it lacks', () => {
  const { status, stderr } = runs(config.command);
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^gateway: [^]*GATEWAY_AUDIENCE[^]*KAFKA_BROKERS/),
  });
});

it.each(['call-dispatcher', 'notification-ingest', 'graph-simulator'])('has %s say what it lacks', (app) => {
  const { status, stderr } = runs([`apps/${app}/dist/main.js`]);
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(`${app}: `) });
  expect(stderr).toContain('it is not set');
});

it('has the callbus command', () => {
  expect(runs(['apps/operator-cli/dist/main.js', '--help'])).toMatchObject({ status: 0, stderr: '' });
});

it.each<Deployment>(['gateway', 'call-dispatcher', 'notification-receiver', 'notification-sequencer'])(
  'has %s start, without a shell or any other tool',
  async (name) => {
    const { app, environment } = serviceSettings(keys)[name];
    const told = {
      ...config.environment,
      ...environment,
      PATH: '',
      NODE_EXTRA_CA_CERTS: ca,
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: topicPrefix,
      KAFKA_PARTITIONS: '3',
    };
    const launch = { command: node, cwd: join(root, config.workingFolder), ...user() };
    const service = await startService(`apps/${app}/dist/main.js`, told, launch);
    await service.end();
  },
  60_000,
);
