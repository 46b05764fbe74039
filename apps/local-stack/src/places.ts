import { join, resolve } from 'node:path';

/** Where a stack keeps what. */
export interface StackPlaces {
  /** The project. */
  readonly root: string;
  /** State of one stack: pids, logs, Kafka's data, development keys, stack.json. */
  readonly home: string;
  /** What may be kept for ever and shared: Kafka's jars. */
  readonly cache: string;
  readonly logs: string;
  readonly stackFile: string;
  /** Settings of the `callbus` command for this stack. */
  readonly operatorFile: string;
}

/** The folder of the project: this file is apps/local-stack/{src,dist}/places. */
export const PROJECT_ROOT = resolve(import.meta.dirname, '..', '..', '..');

/** @param folders relative to the project, or absolute */
export function stackPlaces(folders: { readonly home: string; readonly cache: string }, root = PROJECT_ROOT): StackPlaces {
  const home = resolve(root, folders.home);
  return {
    root,
    home,
    cache: resolve(root, folders.cache),
    logs: join(home, 'logs'),
    stackFile: join(home, 'stack.json'),
    operatorFile: join(home, 'callbus.env'),
  };
}
