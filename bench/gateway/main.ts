import { createProgress, startKafkaForTests, stopRequest } from '@callbus/local-stack';
import { parseArguments, USAGE } from './arguments.js';
import { benchGateway } from './bench-gateway.js';
import { reportOf } from './report.js';

/** Exit codes: 0 when it was measured, whatever the figures; 1 when it could not be. */
async function main(commandLine: readonly string[]): Promise<void> {
  const args = parseArguments(commandLine);
  if (args === null) {
    process.stdout.write(USAGE);
    return;
  }
  const progress = createProgress();
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  void stopRequest(() => undefined).then((reason) => {
    giveUp(new Error(`given up: ${reason}`));
  });
  const kafka = await startKafkaForTests();
  try {
    const figures = await Promise.race([benchGateway(kafka, args, progress), givenUp]);
    process.stdout.write(`\n${reportOf(figures, args)}`);
  } finally {
    await progress.step('ending all of it', () => kafka.stop());
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
