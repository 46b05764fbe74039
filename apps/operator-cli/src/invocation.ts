import { relative, resolve } from 'node:path';

/** How this process was begun. */
export interface Invocation {
  /** What people type in front of a command, to be told what to type next. */
  readonly text: string;
  /** What relative paths are relative to. */
  readonly folder: string;
}

/** npm runs its scripts in the project, wherever it was called. */
export function invocationOf(environment: NodeJS.ProcessEnv, mainFile: string, folder: string): Invocation {
  if (environment['npm_lifecycle_event'] === 'callbus') {
    return { text: 'npm run callbus --', folder: environment['INIT_CWD'] ?? folder };
  }
  const path = relative(folder, resolve(folder, mainFile));
  return { text: `node ${path.startsWith('..') ? mainFile : path}`, folder };
}
