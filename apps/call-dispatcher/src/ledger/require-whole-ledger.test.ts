import type { KafkaAdmin, KafkaClient } from '@callbus/kafka';
import { LedgerLostError, requireWholeLedger } from './require-whole-ledger.js';

const PLACES = {
  ledgerTopic: 'calls.dispatch-ledger',
  commandsTopic: 'calls.commands',
  relayGroup: 'calls.call-dispatcher-relay',
  inboxGroup: 'calls.call-dispatcher',
};

/** @param perCall records that others append, and report, between any two questions */
function clusterWith(
  at: { start?: bigint; end: bigint; reported: bigint | null; taken: bigint | null },
  perCall = 0n,
): KafkaClient {
  const now = { start: 0n, ...at };
  const pass = (): void => {
    now.end += perCall;
    if (now.reported !== null) now.reported += perCall;
  };
  const admin: Pick<KafkaAdmin, 'offsets' | 'committed'> = {
    offsets: () => {
      pass();
      return Promise.resolve([{ partition: 0, start: now.start, end: now.end }]);
    },
    committed: (group) => {
      pass();
      return Promise.resolve(new Map([[0, group === PLACES.relayGroup ? now.reported : now.taken]]));
    },
  };
  return { admin: () => admin } as unknown as KafkaClient;
}

it('begins to report where the relay is, or at the oldest record that is kept', async () => {
  expect(await requireWholeLedger(clusterWith({ end: 9n, reported: 5n, taken: 3n }), PLACES)).toBe(5n);
  expect(await requireWholeLedger(clusterWith({ start: 7n, end: 9n, reported: 5n, taken: 3n }), PLACES)).toBe(7n);
  expect(await requireWholeLedger(clusterWith({ end: 0n, reported: null, taken: null }), PLACES)).toBe(0n);
});

it('refuses a ledger that is empty although commands were taken (G1)', async () => {
  const lost = requireWholeLedger(clusterWith({ end: 0n, reported: null, taken: 3n }), PLACES);
  await expect(lost).rejects.toThrow(LedgerLostError);
});

it('refuses a ledger that ends before what was reported of it (G1)', async () => {
  const replaced = requireWholeLedger(clusterWith({ end: 4n, reported: 5n, taken: null }), PLACES);
  await expect(replaced).rejects.toThrow(/ends at 4, but was reported up to 5/);
});

it('is not misled by others who append and report while it asks', async () => {
  expect(await requireWholeLedger(clusterWith({ end: 5n, reported: 5n, taken: 3n }, 10n), PLACES)).toBe(15n);
});
