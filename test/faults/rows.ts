import { BROKER_ROWS, CLUSTER_ROWS } from './broker-rows.js';
import { COMMAND_ROWS } from './command-rows.js';
import { CRASH_ROWS } from './crash-rows.js';
import { GRAPH_ROWS } from './graph-rows.js';
import { KAFKA_ROWS } from './kafka-rows.js';
import { KEY_ROWS } from './key-rows.js';
import { PAUSE_ROWS } from './pause-rows.js';
import { QUOTA_ROWS } from './quota-rows.js';
import { RECORD_ROWS } from './record-rows.js';
import { RECEIVER_ROWS } from './receiver-rows.js';
import { REPLAY_ROWS } from './replay-rows.js';
import type { FaultRow } from './row.js';
import { START_ROWS } from './start-rows.js';

/** Those that leave the stack changed for good come last. */
const LAST = ['F30', 'F39'];

const number = ({ id }: FaultRow): number => Number(id.slice(1)) + (LAST.includes(id) ? 1_000 : 0);

/** All rows of a stack with one broker, in the order in which they are run. */
export const FAULT_ROWS: readonly FaultRow[] = [
  ...BROKER_ROWS,
  ...CRASH_ROWS,
  ...GRAPH_ROWS,
  ...KAFKA_ROWS,
  ...PAUSE_ROWS,
  ...QUOTA_ROWS,
  ...RECEIVER_ROWS,
  ...KEY_ROWS,
  ...COMMAND_ROWS,
  ...REPLAY_ROWS,
  ...START_ROWS,
  ...RECORD_ROWS,
].toSorted((a, b) => number(a) - number(b));

const ALL: readonly FaultRow[] = [...FAULT_ROWS, ...CLUSTER_ROWS];

/** @param selection `F1-F7,F12`; undefined means all @throws for a row that there is not */
export function selectRows(selection: string | undefined): readonly FaultRow[] {
  if (selection === undefined || selection === '') return ALL;
  const wanted = new Set(
    selection.split(',').flatMap((part) => {
      const match = /^F(\d+)(?:-F?(\d+))?$/i.exec(part.trim());
      if (match === null) throw new Error(`--rows: «${part}» is neither a row (F12) nor a range of rows (F1-F7)`);
      const [low, high] = [Number(match[1]), Number(match[2] ?? match[1])];
      return ALL.filter(({ id }) => Number(id.slice(1)) >= low && Number(id.slice(1)) <= high).map(({ id }) => id);
    }),
  );
  if (wanted.size === 0) throw new Error(`--rows ${selection}: there are ${ALL.map(({ id }) => id).join(', ')}`);
  return ALL.filter(({ id }) => wanted.has(id));
}
