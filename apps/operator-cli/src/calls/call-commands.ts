import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { RELEASE_LIMITS, type IfUnknown } from '@callbus/contracts';
import type { Context } from '../command-line/context.js';
import { callIdOf, tenantIdOf, textOf } from '../command-line/option-values.js';
import { UsageError } from '../errors.js';
import { operatorName } from '../installation/operator-settings.js';
import { readCallFile } from './call-file.js';
import { callToPlace, type CallToPlace } from './call-to-place.js';
import { endCall } from './end-call.js';
import { listParked } from './parked-calls.js';
import { placeCall } from './place-call.js';
import { releaseCall } from './release-call.js';
import { showCall } from './show-call.js';

interface PlaceOptions {
  readonly json?: boolean;
  readonly joinUrl?: string;
  readonly tenant?: string;
  readonly notAfter?: string;
  readonly ifUnknown?: IfUnknown;
  readonly callId?: string;
}

/** `callbus calls …` */
export function addCallCommands(program: Command, { installation, invocation, folder, print }: Context): void {
  const calls = program.command('calls').description('look at calls, place, release and end them');

  calls
    .command('show')
    .description(
      'what happened to a call: the ledger, the snapshot and the events in one timeline, in words, and what can be done',
    )
    .argument('<callId>', 'the id of the CreateCall', callIdOf)
    .option('--reveal', 'show names and numbers too')
    .option('--json', 'print JSON')
    .action(async (callId: string, { reveal = false, json = false }: { reveal?: boolean; json?: boolean }) => {
      print(await showCall(installation(), { callId, reveal, invocation }), json);
    });

  calls
    .command('parked')
    .description('the calls of which nobody knows whether they were dialled, which wait for a decision')
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      print(await listParked(installation(), invocation), json);
    });

  calls
    .command('release')
    .description('allow exactly one more dial of a parked call, and wait for what comes of it')
    .argument('<callId>', 'the id of the CreateCall', callIdOf)
    .requiredOption('--reason <text>', 'why it may ring again; kept in the ledger', textOf(RELEASE_LIMITS.reason))
    .option('--operator <name>', 'who decides (default: OPERATOR_NAME, or the user’s name)', textOf(RELEASE_LIMITS.operator))
    .option('--json', 'print JSON')
    .action(async (callId: string, options: { reason: string; operator?: string; json?: boolean }) => {
      const on = installation();
      const operator = options.operator ?? operatorName(on.settings);
      print(await releaseCall(on, { callId, reason: options.reason, operator, invocation }), options.json ?? false);
    });

  calls
    .command('end')
    .description('hang up, or cancel what is not dialled yet, and wait for what comes of it')
    .argument('<callId>', 'the id of the CreateCall', callIdOf)
    .option('--tenant <id>', 'the tenant of a call that nobody knows yet', tenantIdOf)
    .option('--json', 'print JSON')
    .action(async (callId: string, { tenant, json = false }: { tenant?: string; json?: boolean }) => {
      print(await endCall(installation(), { callId, ...(tenant !== undefined && { tenantId: tenant }), invocation }), json);
    });

  calls
    .command('place')
    .description('place a call, and wait until it is created or will not be')
    .argument('[file]', 'JSON of the call resource as Graph documents it; - reads standard input')
    .option('--join-url <url>', 'join the Teams meeting of this link instead')
    .option('--tenant <id>', 'the tenant to call in (default: the call’s, or the meeting’s)', tenantIdOf)
    .option('--not-after <time>', 'never dial later than this, RFC 3339: 2026-01-31T12:00:00Z')
    .addOption(new Option('--if-unknown <what>', 'if nobody knows whether it was dialled').choices(['park', 'redial']))
    .option('--call-id <id>', 'a UUID; the same id is the same call (default: a fresh one)', callIdOf)
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, options: PlaceOptions) => {
      const { tenant, notAfter, ifUnknown, callId } = options;
      const placed = callToPlace(whatToPlace(file, options.joinUrl, folder), {
        ...(callId !== undefined && { callId }),
        ...(tenant !== undefined && { tenantId: tenant }),
        ...(notAfter !== undefined && { notAfter }),
        ...(ifUnknown !== undefined && { ifUnknown }),
      });
      print(await placeCall(installation(), placed, invocation), options.json ?? false);
    });
}

function whatToPlace(file: string | undefined, joinUrl: string | undefined, folder: string): CallToPlace {
  if (file !== undefined && joinUrl !== undefined) throw new UsageError('Give a file or --join-url, not both.');
  if (joinUrl !== undefined) return { joinUrl };
  if (file === undefined) throw new UsageError('Give a file with the call, or --join-url.');
  return { resource: readCallFile(file === '-' ? process.stdin.fd : resolve(folder, file)) };
}
