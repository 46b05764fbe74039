import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Context } from '../program.js';
import { repairTopics } from './repair-topics.js';

/** `callbus topics …` */
export function addTopicCommands(program: Command, { installation, print }: Context): void {
  program
    .command('topics')
    .description('look after the topics')
    .command('repair')
    .description('lists unreadable and damaged records with their repair; writes nothing without --apply')
    .option('--apply', 'order the services to carry out the repairs')
    .option('--operator <name>', 'the name in the order', userInfo().username)
    .option('--json', 'print JSON')
    .action(async ({ apply = false, operator, json = false }: { apply?: boolean; operator: string; json?: boolean }) => {
      print(await repairTopics(installation(), { isApplied: apply, operator }), json);
    });
}
