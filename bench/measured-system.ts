import { join } from 'node:path';
import { acceptsConnections, freePort, PROJECT_ROOT, until, type ProcessGroup } from '@callbus/local-stack';

const START_TIMEOUT_MS = 60_000;

export interface MeasuredSystem {
  readonly name: string;
  readonly port: number;
}

export interface SystemPlan {
  readonly name: string;
  /** Its built main file, from the project's folder. */
  readonly mainFile: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a system in a process of its own, which listens on HTTP_PORT, and waits until it takes connections. */
export async function startSystem(group: ProcessGroup, { name, mainFile, environment }: SystemPlan): Promise<MeasuredSystem> {
  const port = await freePort();
  const told = { NODE_ENV: 'production', HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port), ...environment };
  group.start({
    name: name.replaceAll(' ', '-'),
    command: process.execPath,
    args: ['--enable-source-maps', join(PROJECT_ROOT, ...mainFile)],
    environment: { ...process.env, ...told },
  });
  await until(`${name} takes connections`, () => acceptsConnections(port), START_TIMEOUT_MS);
  return { name, port };
}
