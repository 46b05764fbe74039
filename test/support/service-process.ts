import { freePort } from '../../apps/local-stack/src/services/ports.js';
import { Program, type Launch } from './program.js';
import { until } from './stack-for-tests.js';

const READY_TIMEOUT_MS = 60_000;

/** A built service in a process of its own, as it is deployed. Resolves when it is ready. */
export async function startService(
  mainFile: string,
  environment: Readonly<Record<string, string>>,
  { command = process.execPath, ...launch }: Launch & { readonly command?: string } = {},
): Promise<Program> {
  const port = await freePort();
  const told = { NODE_ENV: 'production', MANAGEMENT_HOST: '127.0.0.1', MANAGEMENT_PORT: String(port), ...environment };
  const program = new Program(command, ['--enable-source-maps', mainFile], told, launch);
  const answers = async (path: string): Promise<boolean> => {
    if (!program.isRunning) throw new Error(`${mainFile} ${program.toString()}`);
    return await fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  try {
    await until(`${mainFile} is ready`, async () => (await answers('/startupz')) && (await answers('/readyz')), READY_TIMEOUT_MS);
    return program;
  } catch (error) {
    await program.end();
    throw error;
  }
}
