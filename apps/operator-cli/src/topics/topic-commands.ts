import type { Command } from 'commander';
import type { Context } from '../command-line/context.js';
import { operatorName } from '../installation/operator-settings.js';
import { repairTopics } from './repair-topics.js';

/** `callbus topics …` */
export function addTopicCommands(program: Command, { installation, print }: Context): void {
  program
    .command('topics')
    .description('look after the topics')
    .command('repair')
    .description('what of the topics nobody can read, and what can be done about it; without --apply nothing is written')
    .option('--apply', 'order the services to do it')
    .option('--operator <name>', 'who orders it (default: OPERATOR_NAME, or the user’s name)')
    .option('--json', 'print JSON')
    .action(async ({ apply = false, operator, json = false }: { apply?: boolean; operator?: string; json?: boolean }) => {
      const on = installation();
      print(await repairTopics(on, { isApplied: apply, operator: () => operator ?? operatorName(on.settings) }), json);
    });
}
