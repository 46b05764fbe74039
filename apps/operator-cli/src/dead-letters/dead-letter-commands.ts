import type { Command } from 'commander';
import type { Context } from '../command-line/context.js';
import { recordPlaceOf, timeMsOf } from '../command-line/option-values.js';
import { UsageError } from '../errors.js';
import type { LetterFilter } from './dead-letter-list.js';
import { listDeadLetters } from './list-dead-letters.js';
import { replayDeadLetters } from './replay-dead-letters.js';
import { showDeadLetter } from './show-dead-letter.js';

interface FilterOptions {
  readonly topic?: string;
  readonly reason?: string;
  readonly key?: string;
  readonly since?: number;
  readonly until?: number;
  readonly reveal?: boolean;
  readonly json?: boolean;
}

const PLACE = 'topic/partition/offset, as list shows it';

/** `callbus dead-letters …` */
export function addDeadLetterCommands(program: Command, { installation, invocation, print }: Context): void {
  const deadLetters = program.command('dead-letters').description('look at what could not be handled, and replay it');

  withFilter(deadLetters.command('list'))
    .description('what was put aside, why, and whether it was replayed')
    .action(async (options: FilterOptions) => {
      const { reveal = false, json = false } = options;
      const on = installation();
      print(await listDeadLetters(on, filterOf(options, on.topicPrefix), { reveal, invocation }), json);
    });

  deadLetters
    .command('show')
    .description('one dead letter whole: why it is aside, and the record as it came')
    .argument('<place>', PLACE, recordPlaceOf)
    .option('--reveal', 'show names and numbers, and bytes that are no JSON, too')
    .option('--json', 'print JSON')
    .action(async (place: string, { reveal = false, json = false }: { reveal?: boolean; json?: boolean }) => {
      const on = installation();
      print(await showDeadLetter(on, withPrefix(place, on.topicPrefix), { reveal, invocation }), json);
    });

  withFilter(deadLetters.command('replay'))
    .description(
      'send dead letters to their own topics again: same bytes, key, headers and id, and the time that they had, so that an old call expires and none is dialled twice',
    )
    .argument('[place]', PLACE, recordPlaceOf)
    .option('--all', 'all of them')
    .option('--dry-run', 'say what would be sent, and send nothing')
    .action(async (place: string | undefined, options: FilterOptions & { all?: boolean; dryRun?: boolean }) => {
      const { all = false, dryRun: isDryRun = false, reveal = false, json = false } = options;
      const on = installation();
      const filter = filterOf(options, on.topicPrefix);
      const isFiltered = Object.keys(filter).length > 0;
      if ([place !== undefined, all, isFiltered].filter(Boolean).length !== 1) {
        throw new UsageError('Say which to replay: a place, a filter, or --all.');
      }
      const chosen = place === undefined ? filter : { place: withPrefix(place, on.topicPrefix) };
      print(await replayDeadLetters(on, chosen, { isDryRun, reveal }), json);
    });
}

function withFilter(command: Command): Command {
  return command
    .option('--topic <name>', 'those of this topic, or that came from it')
    .option('--reason <code>', 'those with this reason, as CONFLICT')
    .option('--key <key>', 'those with this key, a callId')
    .option('--since <time>', 'those put aside since then, as 2026-01-31T12:00:00Z', timeMsOf)
    .option('--until <time>', 'those put aside until then', timeMsOf)
    .option('--reveal', 'show keys that may be numbers of people')
    .option('--json', 'print JSON');
}

function filterOf({ topic, reason, key, since, until }: FilterOptions, prefix: string): LetterFilter {
  return {
    ...(topic !== undefined && { topic: withPrefix(topic, prefix) }),
    ...(reason !== undefined && { reason }),
    ...(key !== undefined && { key }),
    ...(since !== undefined && { sinceMs: since }),
    ...(until !== undefined && { untilMs: until }),
  };
}

/** People may leave the installation's prefix out. */
function withPrefix(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}
