import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What an image says of how it is run. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly user: string;
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The instructions of each stage, FROM first; what stands before the first stage is a stage of its own. */
export function readStages(dockerfile: string): readonly (readonly Instruction[])[] {
  const lines = dockerfile.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  const stages: Instruction[][] = [[]];
  for (const line of lines.split('\n').filter((one) => one !== '')) {
    const [, name = '', text = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, text });
  }
  return stages;
}

/**
 * Does what the Dockerfile says, without a container engine: its stages are folders below `folder`, and the stage `build`,
 * whose compiling every run of the tests has just done, is the project itself.
 */
export function buildImage(folder: string): { readonly root: string; readonly config: ImageConfig } {
  const stages = readStages(readFileSync(join(PROJECT_ROOT, 'Dockerfile'), 'utf8'));
  const roots = new Map<string, string>();
  let root = '';
  let config: ImageConfig = { entrypoint: [], command: [], user: '', workingFolder: '/', environment: {} };
  for (const stage of stages.slice(1)) {
    const [, name = 'final'] = / AS (\w+)$/.exec(stage[0]?.text ?? '') ?? [];
    root = name === 'build' ? PROJECT_ROOT : join(folder, name);
    roots.set(name, root);
    config = { entrypoint: [], command: [], user: '', workingFolder: '/', environment: {} };
    const shell: Record<string, string> = {};
    for (const { name: instruction, text } of name === 'build' ? [] : stage.slice(1)) {
      const here = join(root, config.workingFolder);
      switch (instruction) {
        case 'ARG': {
          const [variable = '', value = ''] = text.split('=');
          shell[variable] = value;
          break;
        }
        case 'ENV': {
          const [variable = '', value = ''] = text.split('=');
          config = { ...config, environment: { ...config.environment, [variable]: value } };
          break;
        }
        case 'WORKDIR':
          config = { ...config, workingFolder: text };
          mkdirSync(join(root, text), { recursive: true });
          break;
        case 'COPY': {
          const [, from = '', paths = ''] = /^--from=(\w+) (.*)$/.exec(text) ?? [];
          copy(roots.get(from) ?? '', paths.split(' '), here);
          break;
        }
        case 'RUN':
          run(text, here, { ...config.environment, ...shell });
          break;
        case 'USER':
          config = { ...config, user: text };
          break;
        case 'ENTRYPOINT':
          config = { ...config, entrypoint: JSON.parse(text) as string[] };
          break;
        case 'CMD':
          config = { ...config, command: JSON.parse(text) as string[] };
          break;
        case 'LABEL':
          break;
        default:
          throw new Error(`the Dockerfile has an instruction that is not known here: ${instruction} ${text}`);
      }
    }
  }
  return { root, config };
}

/** Of the project, which stands for /app of its stage, all but what .dockerignore leaves out; folders as COPY does: their contents. */
function copy(fromRoot: string, paths: readonly string[], here: string): void {
  const target = resolve(here, paths.at(-1) ?? '');
  mkdirSync(target, { recursive: true });
  for (const path of paths.slice(0, -1)) {
    const source = fromRoot === PROJECT_ROOT ? join(fromRoot, path.replace(/^\/app/, '')) : join(fromRoot, path);
    const [parent, name] = /\.\w+$/.test(path) ? [join(source, '..'), path.split('/').at(-1) ?? ''] : [source, '.'];
    const packed = execFileSync(
      'tar',
      ['-c', '-C', parent, ...(fromRoot === PROJECT_ROOT ? ['--exclude=node_modules'] : []), name],
      {
        maxBuffer: 1024 * 1024 * 1024,
      },
    );
    execFileSync('tar', ['-x', '-C', target], { input: packed });
  }
}

function run(command: string, cwd: string, environment: Readonly<Record<string, string>>): void {
  // What npm tells its scripts of the project does not hold here; what it has fetched before serves again.
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name));
  const env = { ...Object.fromEntries(inherited), npm_config_prefer_offline: 'true', ...environment };
  execFileSync('sh', ['-e', '-c', command], { cwd, env, stdio: 'pipe' });
}
