import { CALL_KINDS, type CallKind } from '@callbus/graph';
import { InvalidArgumentError, type Command } from 'commander';
import type { Context } from '../command-line/context.js';
import { doctor } from './doctor.js';

/** `callbus doctor` */
export function addDoctor(program: Command, { installation, print }: Context): void {
  program
    .command('doctor')
    .description(
      'whether all is as it has to be: Kafka, topics, ACLs, the app’s token and its roles, the way of the callbacks and their keys, the gateway’s callers, clocks. It writes one record that does nothing, to read the broker’s clock.',
    )
    .option('--tenant <ids>', 'tenants whose tokens to ask for, separated by commas (default: GRAPH_TENANTS)', listOf)
    .option('--kinds <kinds>', `kinds of call that are to be placed, of ${CALL_KINDS.join(', ')} (default: all)`, kindsOf)
    .option('--read-only', 'write nothing, and leave the broker’s clock out')
    .option('--json', 'print JSON')
    .action(async (options: { tenant?: string[]; kinds?: CallKind[]; readOnly?: boolean; json?: boolean }) => {
      const on = installation();
      const { tenant: tenants = on.settings.graphTenants, kinds = CALL_KINDS, readOnly: isReadOnly = false } = options;
      print(await doctor(on, { tenants, kinds, isReadOnly }), options.json ?? false);
    });
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function kindsOf(text: string): CallKind[] {
  return listOf(text).map((part) => {
    const kind = CALL_KINDS.find((one) => one === part);
    if (kind === undefined) throw new InvalidArgumentError(`There are ${CALL_KINDS.join(', ')}.`);
    return kind;
  });
}
