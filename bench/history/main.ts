import { createProgress, startKafkaForTests, stopRequest } from '@callbus/local-stack';
import { parseArguments, USAGE } from './arguments.js';
import { Installation } from './installation.js';
import { measureFolding } from './measure-folding.js';
import { measureRecovery } from './measure-recovery.js';
import { reportOf, type HistoryFigures } from './report.js';

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
  const kafka = await startKafkaForTests();
  const measure = async (): Promise<HistoryFigures> => {
    const full = await Installation.create(kafka, 'full');
    const folding = await measureFolding(full, args.calls, progress);
    await full.close();
    const live = await Installation.create(kafka, 'live');
    const recovery = await measureRecovery(live, args.liveCalls, progress, giveUp);
    await live.close();
    return { folding, recovery };
  };
  let figures: HistoryFigures;
  try {
    figures = await Promise.race([measure(), givenUp]);
  } finally {
    await progress.step('ending Kafka', () => kafka.stop());
  }
  process.stdout.write(`\n${reportOf(figures)}`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
