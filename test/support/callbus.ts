import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import type { StackForTests } from './stack-for-tests.js';

export interface Finished {
  readonly exitCode: number;
  /** What it wrote to standard output, and to standard error. */
  readonly output: string;
  readonly errors: string;
}

export interface CallbusOptions {
  /** Variables that win over those of the stack. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs the built `callbus` command on a stack, with no more of an environment than it needs. */
export async function callbus(
  stack: StackForTests,
  args: readonly string[],
  { environment = {}, input = '' }: CallbusOptions = {},
): Promise<Finished> {
  const main = join(PROJECT_ROOT, 'apps', 'operator-cli', 'dist', 'main.js');
  const node = [`--env-file=${join(stack.launcher.home, 'callbus.env')}`, main, ...args];
  return await new Promise((resolve) => {
    const options = { env: { NODE_ENV: 'production', ...environment }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, node, options, (_error, output, errors) => {
      resolve({ exitCode: child.exitCode ?? -1, output, errors });
    });
    child.stdin?.end(input);
  });
}

/** What it says to programs. @throws with all that it wrote when that is no JSON */
export async function callbusJson<T>(stack: StackForTests, args: readonly string[], options?: CallbusOptions): Promise<T> {
  const { exitCode, output, errors } = await callbus(stack, [...args, '--json'], options);
  try {
    return JSON.parse(output) as T;
  } catch (error) {
    throw new Error(`«${args.join(' ')}» ended with ${String(exitCode)}:\n${output}\n${errors}`, { cause: error });
  }
}
