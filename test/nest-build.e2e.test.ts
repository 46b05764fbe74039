import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../apps/local-stack/src/places.js';

const run = promisify(execFile);

// operator-cli is a command and no Nest app.
it.each(['gateway', 'call-dispatcher', 'notification-ingest', 'graph-simulator', 'local-stack'])(
  'builds %s with the Nest command line',
  async (app) => {
    // The compiler writes nothing where it believes that nothing has changed.
    rmSync(join(PROJECT_ROOT, 'apps', app, 'dist', '.tsbuildinfo'), { force: true });
    const nest = join(PROJECT_ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
    await run(process.execPath, [nest, 'build', app], { cwd: PROJECT_ROOT });
    expect(existsSync(join(PROJECT_ROOT, 'apps', app, 'dist', 'main.js'))).toBe(true);
  },
  120_000,
);
