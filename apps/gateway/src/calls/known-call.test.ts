import { readFileSync } from 'node:fs';
import { decodeSnapshot, type FoldedCall } from '@callbus/contracts';
import { callResource } from './call-resource.js';
import { knownCallOf } from './known-call.js';

const SNAPSHOT = decodeSnapshot(
  readFileSync(new URL('../../../../libs/contracts/fixtures/snapshots/snapshot.json', import.meta.url)),
);
const ROSTER = Array.from({ length: 100 }, (_one, n) => ({ id: `p${String(n)}`, isMuted: false, isInLobby: false }));

const known = (changes: Partial<FoldedCall>) => knownCallOf({ ...SNAPSHOT, call: { ...SNAPSHOT.call, ...changes } });

it('keeps the roster of a call that is over packed, and tells it as it was', () => {
  const live = known({ phase: 'created', participants: ROSTER });
  expect(live.call.participants).toBe(ROSTER);
  const over = known({ phase: 'ended', participants: ROSTER });
  expect(over.call.participants).not.toBe(ROSTER);
  expect(callResource(over)).toEqual({ ...callResource(live), callbus: { ...callResource(live).callbus, phase: 'ended' } });
});

it('does not pack what is small', () => {
  const participants = ROSTER.slice(0, 2);
  expect(known({ phase: 'ended', participants }).call.participants).toBe(participants);
});
