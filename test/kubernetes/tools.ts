import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { HAS_PYTHON, isThere, PythonEnvironment } from '../support/python-environment.js';

export const CACHE = join(process.env['CALLBUS_CACHE'] ?? join(PROJECT_ROOT, '.cache'), 'kubernetes');

const KUSTOMIZE = 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1';
const KUBECONFORM = 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0';
const HAS_GO = isThere('go', 'version');
const HAS_MAVEN = isThere('mvn', '--version');

const python = new PythonEnvironment('kubernetes-python', join(PROJECT_ROOT, 'test', 'support', 'kubernetes-requirements.txt'));

/** Says on the output what is not checked and why; in CI that is no way out. */
export function skip(what: string, why: string): null {
  if (process.env['CI'] === 'true') throw new Error(`${what} cannot be skipped in CI: ${why}`);
  process.stdout.write(`skipped: ${what}, since ${why}\n`);
  return null;
}

/** Builds the kustomization in a folder. Where there is no Go, kubectl does. */
export function kustomize(): ((folder: string) => string) | null {
  const command = goProgram('kustomize', KUSTOMIZE) ?? (isThere('kubectl', 'version') ? 'kubectl' : null);
  if (command === null) return skip('all of the manifests', 'this machine has neither Go for kustomize nor kubectl');
  const args = command === 'kubectl' ? ['kustomize'] : ['build'];
  return (folder) => execFileSync(command, [...args, folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export function kubeconform(): string | null {
  return goProgram('kubeconform', KUBECONFORM) ?? skip('kubeconform', 'this machine has no Go');
}

/** Python with kubernetes-validate and a Java that is new enough for Strimzi’s generator. */
export function pythonTools(): PythonEnvironment | null {
  if (!HAS_PYTHON) return skip('kubernetes-validate, and the schemas that it brings along', 'this machine has no Python');
  python.prepare();
  return python;
}

/** The folder of a Go module’s files. */
export function goModule(module: string): string | null {
  if (!HAS_GO) return skip(`schemas of ${module}`, 'this machine has no Go');
  const answer = execFileSync('go', ['mod', 'download', '-json', module], { cwd: made(CACHE), encoding: 'utf8' });
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

/** The jars of some Maven artifacts, as a class path. */
export function mavenJars(artifacts: readonly string[]): string | null {
  if (!HAS_MAVEN) return skip(`schemas by ${artifacts.join(', ')}`, 'this machine has no Maven');
  const folder = made(join(CACHE, 'jars'));
  return artifacts
    .map((artifact) => {
      const [, name = '', version = ''] = artifact.split(':');
      const jar = join(folder, `${name}-${version}.jar`);
      const copy = [
        'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
        `-Dartifact=${artifact}`,
        `-DoutputDirectory=${folder}`,
      ];
      if (!existsSync(jar)) execFileSync('mvn', ['-B', '-q', ...copy], { cwd: folder, stdio: 'pipe' });
      return jar;
    })
    .join(':');
}

function goProgram(name: string, module: string): string | null {
  const folder = join(CACHE, module.slice(module.lastIndexOf('@') + 1));
  const program = join(folder, name);
  if (existsSync(program)) return program;
  if (!HAS_GO) return null;
  process.stdout.write(`building ${name}, only the first time\n`);
  execFileSync('go', ['install', module], { cwd: made(CACHE), env: { ...process.env, GOBIN: made(folder) }, stdio: 'pipe' });
  return program;
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}
