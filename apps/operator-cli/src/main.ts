import { ConfigError, printableLines } from '@callbus/chassis';
import { JoinUrlError } from '@callbus/contracts';
import { CommanderError } from 'commander';
import { invocationOf } from './command-line/context.js';
import { UsageError, wordsOf } from './errors.js';
import { Installation } from './installation/installation.js';
import { createProgram } from './program.js';
import { render, type Report } from './screen/report.js';

const [WELL, NOT_WELL, FAULTY_USE] = [0, 1, 2];

async function main(commandLine: readonly string[]): Promise<number> {
  let exitCode = WELL;
  const print = (report: Report, isJson: boolean): void => {
    process.stdout.write(render(report, isJson));
    exitCode = report.isWell ? WELL : NOT_WELL;
  };
  const begun = invocationOf(process.env, process.argv[1] ?? '', process.cwd());
  const program = createProgram({ ...begun, installation: () => Installation.open(process.env), print });
  try {
    await program.parseAsync(commandLine, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said by itself what is wrong, or has shown its help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? WELL : FAULTY_USE;
    process.stderr.write(`${printableLines(wordsOf(error))}\n`);
    return error instanceof UsageError || error instanceof ConfigError || error instanceof JoinUrlError ? FAULTY_USE : NOT_WELL;
  }
}

// A reader that went away, as in «callbus … | head», is no failure.
process.stdout.on('error', () => undefined);

process.exit(await main(process.argv.slice(2)));
