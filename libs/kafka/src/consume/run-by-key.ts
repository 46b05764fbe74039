import { setImmediate } from 'node:timers/promises';
import type { ReceivedRecord } from '../port/kafka-client.js';

/**
 * Longest time for which handlers that never wait may keep timers and sockets from running. Without a turn for these no heartbeat
 * is sent, and Kafka gives the partition to another process.
 */
const MAX_TURN_MS = 50;

/**
 * Runs the records of one batch: those of one key one after the other, those of other keys meanwhile, at most
 * `concurrency` at once. Records without a key share one line. A line that is broken off counts as not begun: what it did
 * may be owed yet, since only its last record has to leave nothing undone.
 * @param run resolves to whether the record is done with; false ends its key's line
 * @param mayStart asked before each record; once false, nothing more begins
 * @returns how many records from the front are done with, without a gap: only these may be committed
 */
export async function runByKey(
  records: readonly ReceivedRecord[],
  concurrency: number,
  run: (record: ReceivedRecord, isLastOfKey: boolean) => Promise<boolean>,
  mayStart: () => boolean,
): Promise<number> {
  const lines = new Map<string, number[]>();
  for (const [index, record] of records.entries()) {
    const key = record.key?.toString('base64') ?? '';
    const line = lines.get(key);
    if (line === undefined) lines.set(key, [index]);
    else line.push(index);
  }
  const done = new Array<boolean>(records.length).fill(false);
  const queue = [...lines.values()].values();
  let turnedAtMs = performance.now();
  let nextTurn: Promise<void> | undefined;
  const turn = async (): Promise<void> => {
    await setImmediate();
    turnedAtMs = performance.now();
    nextTurn = undefined;
  };
  const runLine = async (line: readonly number[]): Promise<boolean> => {
    for (const index of line) {
      // All lines that waited go on in the same turn, so each looks again.
      while (performance.now() - turnedAtMs >= MAX_TURN_MS) await (nextTurn ??= turn());
      if (!mayStart() || !(await run(records[index] as ReceivedRecord, index === line.at(-1)))) return false;
    }
    return true;
  };
  const worker = async (): Promise<void> => {
    for (const line of queue) {
      if (!(await runLine(line))) continue;
      for (const index of line) done[index] = true;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, lines.size) }, worker));
  const firstGap = done.indexOf(false);
  return firstGap === -1 ? records.length : firstGap;
}
