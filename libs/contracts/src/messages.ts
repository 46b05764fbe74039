import { COMMAND_CLASSES, COMMAND_VERSION, OPERATOR_COMMAND_CLASSES } from './commands/commands.js';
import { EVENT_CLASSES, EventSubject } from './events/event-data.js';
import { EVENT_VERSION } from './events/events.js';
import { LATER_LEDGER_VERSIONS, LEDGER_CLASSES, LEDGER_VERSION } from './ledger/ledger-records.js';
import { NEWER_OBSERVATION_CLASSES, OBSERVATION_CLASSES, OBSERVATION_VERSION } from './observations/observations.js';
import { Repair, REPAIR_VERSION } from './topics/repairs.js';
import { FOLD_VERSION, Snapshot } from './snapshots/snapshots.js';

export interface MessageKind {
  readonly version: number;
  /** Of the types that came later with a version of their own. */
  readonly laterVersions?: Readonly<Record<string, number>>;
  /** The newer version of each type that has one beside the first. */
  readonly newer?: Readonly<Record<string, { readonly version: number; readonly holder: new () => object }>>;
  /** What a type of message holds besides its envelope, by its name. */
  readonly types: Readonly<Record<string, new () => object>>;
  /** What every type of this kind holds too. */
  readonly subject?: new () => object;
  /** The member that tells the type, in messages that are no CloudEvents. */
  readonly tag?: string;
}

/** Every message on our topics, by the topic that carries it: what their schemas are made of. */
export const MESSAGES = {
  commands: { version: COMMAND_VERSION, types: COMMAND_CLASSES },
  operatorCommands: { version: COMMAND_VERSION, types: OPERATOR_COMMAND_CLASSES },
  events: { version: EVENT_VERSION, types: EVENT_CLASSES, subject: EventSubject },
  observations: { version: OBSERVATION_VERSION, newer: NEWER_OBSERVATION_CLASSES, types: OBSERVATION_CLASSES, tag: 'kind' },
  dispatchLedger: { version: LEDGER_VERSION, laterVersions: LATER_LEDGER_VERSIONS, types: LEDGER_CLASSES, tag: 'type' },
  snapshots: { version: FOLD_VERSION, types: { Snapshot } },
  repairs: { version: REPAIR_VERSION, types: { Repair } },
} as const satisfies Record<string, MessageKind>;
