import type { KafkaClient } from '@callbus/kafka';

/** The ledger is not the one that this installation has worked with. */
export class LedgerLostError extends Error {
  readonly code = 'LEDGER_LOST';

  constructor(detail: string) {
    super(
      `${detail} Calls could be dialled twice, so nothing is started. Restore the topic; or, if every call before now may ` +
        'be forgotten, delete the consumer groups and the commands topic too, and start anew.',
    );
    this.name = 'LedgerLostError';
  }
}

export interface LedgerPlaces {
  readonly ledgerTopic: string;
  readonly commandsTopic: string;
  readonly relayGroup: string;
  readonly inboxGroup: string;
}

/**
 * Refuses to start on an empty or replaced ledger, which would know nothing of calls that were dialled.
 * @returns the first offset of the ledger that has not been reported to the histories
 * @throws LedgerLostError
 */
export async function requireWholeLedger(client: Pick<KafkaClient, 'admin'>, places: LedgerPlaces): Promise<bigint> {
  const admin = client.admin();
  // The commits come first: others go on working, and what they have committed by now was in the ledger before.
  const reported = (await admin.committed(places.relayGroup, places.ledgerTopic)).get(0) ?? null;
  const taken = await admin.committed(places.inboxGroup, places.commandsTopic);
  const hasTaken = [...taken.values()].some((offset) => offset !== null && offset > 0n);
  const range = (await admin.offsets(places.ledgerTopic)).find(({ partition }) => partition === 0);
  const { start = 0n, end = 0n } = range ?? {};
  if (reported !== null && reported > end) {
    throw new LedgerLostError(
      `${places.ledgerTopic} ends at ${String(end)}, but was reported up to ${String(reported)} already.`,
    );
  }
  if (end === 0n && hasTaken) {
    throw new LedgerLostError(`${places.ledgerTopic} is empty, but commands were taken before.`);
  }
  return reported === null || reported < start ? start : reported;
}
