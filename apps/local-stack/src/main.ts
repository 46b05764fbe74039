import { ConfigError, loadSettings, printableLines } from '@callbus/chassis';
import { parseArguments, USAGE } from './arguments.js';
import { serveControl } from './processes/control.js';
import { placeDemoCall } from './demo/demo-call.js';
import { diskFullAdvice } from './disk-full.js';
import { messageOf, StackError } from './errors.js';
import { openGuardedGroup } from './processes/guarded-group.js';
import { LocalStackSettings } from './local-stack-settings.js';
import { stackPlaces } from './places.js';
import { createProgress } from './progress.js';
import { Stack } from './stack.js';
import { stopRequest } from './processes/stop-request.js';
import { welcome } from './demo/welcome.js';

/** The oldest Node that the services run on. */
const OLDEST_NODE = 24;

/**
 * Exit codes: 0 when the stack was ended on purpose (Ctrl-C, SIGTERM) or, with --once, when the demo call ended well;
 * 130 when it was interrupted before that; 1 for everything else.
 */
async function main(commandLine: readonly string[]): Promise<number> {
  if (commandLine.includes('--help')) {
    process.stdout.write(USAGE);
    return 0;
  }
  requireNode();
  const progress = createProgress();
  const args = parseArguments(commandLine);
  const settings = loadSettings(LocalStackSettings);
  const places = stackPlaces(settings);
  const guarded = await openGuardedGroup(places);
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  const stack = new Stack({ args, settings, places, progress, guarded, onGivenUp: giveUp });
  const stopped = stopRequest(() => void guarded.group.end(guarded.group.names(), 0));
  if (guarded.leftovers.length > 0) progress.say(`Ended what an earlier run had left: ${guarded.leftovers.join(', ')}.`);

  const work = async (): Promise<number> => {
    const { file, client } = await stack.start();
    serveControl(stack);
    progress.say(welcome(file, places));
    if (args.hasDemo) {
      const { demoTimeoutMs: timeoutMs, partitions } = settings;
      const isWell = await placeDemoCall(file, client, { example: args.example, timeoutMs, partitions, output: process.stdout });
      if (args.isOnce) return isWell ? 0 : 1;
    }
    progress.say('The stack is up. Ctrl-C ends it.');
    return await givenUp;
  };
  try {
    return await Promise.race([work(), givenUp, stopped.then(() => (args.isOnce ? 130 : 0))]);
  } finally {
    await progress.step('ending the stack', () => stack.stop());
  }
}

function requireNode(): void {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return;
  throw new StackError(
    'ARGUMENTS',
    `This is Node ${process.version}, and the stack needs ${OLDEST_NODE} or newer. Start it by «npm start» or «npm run stack» after «npm ci» ` +
      '(without --ignore-scripts), which brings its own.',
  );
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const advice = diskFullAdvice(error, stackPlaces(loadSettings(LocalStackSettings)));
  if (advice !== null) return `${messageOf(error)}\n${advice}`;
  return error instanceof StackError ? error.message : error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}

function giveReason(error: unknown): void {
  process.stderr.write(`\n${printableLines(explain(error))}\n`);
}

// A reader that went away, as in «npm start | head», is no reason to leave processes behind.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

// A full disk shows where nothing waits for it too. The guard ends what this process leaves.
process.on('uncaughtException', (error) => {
  giveReason(error);
  process.exit(1);
});

const exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  giveReason(error);
  return 1;
});
process.exit(exitCode);
