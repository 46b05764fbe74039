import { createProgress, StackForBench, stopRequest } from '@callbus/local-stack';
import { parseArguments, USAGE } from './arguments.js';
import { ANSWERED_AFTER_MS, benchDispatch, RAISED_LIMITS, SERVICE_ENVIRONMENT } from './bench-dispatch.js';
import { reportOf, type DispatchFigures } from './report.js';

/** Exit codes: 0 when it was measured, whatever the figures; 1 when it could not be. */
async function main(commandLine: readonly string[]): Promise<void> {
  const args = parseArguments(commandLine);
  if (args === null) {
    process.stdout.write(USAGE);
    return;
  }
  const progress = createProgress();
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  // Whoever waits for it hears of it.
  givenUp.catch(() => undefined);
  void stopRequest(() => undefined).then((reason) => {
    giveUp(new Error(`Given up: ${reason}.`));
  });
  const stack = await StackForBench.start(SERVICE_ENVIRONMENT, progress, givenUp);
  const { partitions } = stack;
  let figures: DispatchFigures;
  try {
    figures = await Promise.race([benchDispatch(stack, args, progress, giveUp), givenUp]);
  } finally {
    await progress.step('ending the stack', () => stack.stop());
  }
  process.stdout.write(`\n${reportOf(figures, { answeredAfterMs: ANSWERED_AFTER_MS, partitions, raisedLimits: RAISED_LIMITS })}`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
