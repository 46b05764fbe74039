import { printableLines } from '@callbus/chassis';
import { Command } from 'commander';
import { addCallCommands } from './calls/call-commands.js';
import type { Context } from './command-line/context.js';
import { addDeadLetterCommands } from './dead-letters/dead-letter-commands.js';
import { addDoctor } from './doctor/doctor-command.js';
import { addTopicCommands } from './topics/topic-commands.js';

const AFTER_EVERY_HELP = `
Display names, phone numbers, pressed keys, passcodes and tokens are masked; --reveal shows them, where there is such an option.
--json prints for programs: under npm, «npm run --silent callbus -- …».
Exit codes: 0 all is well · 1 something is wrong or was not done · 2 the command line or the environment is faulty.
The settings are environment variables: docs/configuration.md, «operator-cli».`;

/** The whole command line: what there is to type, and what each of it does. */
export function createProgram(context: Context): Command {
  const program = new Command('callbus')
    .description('Looks after an installation of callbus: its calls, its dead letters, its health.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(printableLines(text)) })
    .addHelpText('afterAll', AFTER_EVERY_HELP);
  addCallCommands(program, context);
  addDeadLetterCommands(program, context);
  addTopicCommands(program, context);
  addDoctor(program, context);
  return program;
}
