import { relative, resolve } from 'node:path';
import type { Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';

/** What the commands need of the process that they run in. */
export interface Context {
  readonly installation: () => Installation;
  /** What people type in front of a command, to be told what to type next. */
  readonly invocation: string;
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly print: (report: Report, isJson: boolean) => void;
}

/** How this process was begun. npm runs its scripts in the project, wherever it was called. */
export function invocationOf(
  environment: NodeJS.ProcessEnv,
  mainFile: string,
  folder: string,
): Pick<Context, 'invocation' | 'folder'> {
  if (environment['npm_lifecycle_event'] === 'callbus') {
    return { invocation: 'npm run callbus --', folder: environment['INIT_CWD'] ?? folder };
  }
  const path = relative(folder, resolve(folder, mainFile));
  return { invocation: `node ${path.startsWith('..') ? mainFile : path}`, folder };
}
