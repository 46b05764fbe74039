import type { DepartedParticipant } from '@callbus/contracts';
import type { JsonObject } from '@callbus/graph';
import type { RosterReport } from './change.js';
import { compareRosters, rosterEntries, type RosterEntry } from './compare-rosters.js';
import type { HistoryInProgress } from './history.js';
import { countOf, objectOf } from '../read/json-members.js';
import { cutBy, fittingEntries, jsonBytes, SIZE_LIMITS } from './size-limits.js';

/** Participants who were removed whose older news are recognised. */
const DEPARTED_LIMIT = 256;

/**
 * News of who is there. Graph sends the whole list, unless the call asked for deltas; of a delta each entry counts that is
 * not older, by Graph's count, than what is known of the participant, and the older ones are told as late.
 */
export function foldRoster(history: HistoryInProgress, report: RosterReport): void {
  const { call, hasEnded } = history;
  const news = rosterEntries(report.participants);
  if (!report.isDelta && !asksForDeltas(history)) {
    tellRoster(history, news, report.sequence, hasEnded);
    return;
  }
  const known = new Map(rosterEntries(call.participants).map((entry) => [entry.key, sequenceOf(entry.participant)]));
  for (const { id, sequence } of call.departed) known.set(id, sequence);
  const isOutdated = ({ key, participant }: RosterEntry): boolean => {
    const [sequence, knownSequence] = [sequenceOf(participant) ?? report.sequence, known.get(key) ?? null];
    return sequence !== null && knownSequence !== null && sequence < knownSequence;
  };
  const outdated = news.filter(isOutdated);
  const current = news.filter((entry) => !isOutdated(entry));
  if (current.length > 0) tellRoster(history, withNews(history, current), report.sequence, hasEnded);
  if (outdated.length > 0) tellRoster(history, withNews(history, outdated), report.sequence, true);
}

function asksForDeltas({ call }: HistoryInProgress): boolean {
  return call.isDeltaRoster || objectOf(call.call?.['callOptions'])?.['isDeltaRosterEnabled'] === true;
}

/** The list as it is after a delta: who is known keeps the place. */
function withNews({ call }: HistoryInProgress, news: readonly RosterEntry[]): RosterEntry[] {
  const entries = new Map(rosterEntries(call.participants).map((entry) => [entry.key, entry]));
  for (const entry of news) entries.set(entry.key, entry);
  return [...entries.values()];
}

/** @param list everybody, with those who are said to be removed */
function tellRoster(history: HistoryInProgress, list: readonly RosterEntry[], sequence: number | null, late: boolean): void {
  const { call } = history;
  const gone = list.filter(isRemoved);
  const present = list.filter((entry) => !isRemoved(entry));
  const { kept, truncated } = fittingEntries(present, SIZE_LIMITS.participants, bytesOf);
  const { joined, left, changed } = compareRosters(rosterEntries(call.participants), kept);
  const isKnown = ({ key }: RosterEntry): boolean => call.departed.some(({ id }) => id === key);
  const isSame = joined.length + left.length + changed.length === 0 && truncated === call.participantsTruncated;
  if (isSame && gone.every(isKnown)) return;
  const participants = participantsOf(kept);
  const removed = fittingEntries(participantsOf(gone), SIZE_LIMITS.removedParticipants, jsonBytes);
  if (!late)
    history.set({ participants, participantsTruncated: truncated, departed: departedAfter(call.departed, kept, gone, sequence) });
  history.emit('RosterUpdated', {
    participants,
    joined,
    left,
    changed,
    ...(gone.length > 0 && { removed: removed.kept }),
    late,
    ...cutBy(truncated + removed.truncated),
  });
}

function departedAfter(
  before: readonly DepartedParticipant[],
  present: readonly RosterEntry[],
  gone: readonly RosterEntry[],
  sequence: number | null,
): DepartedParticipant[] {
  const mentioned = new Set([...present, ...gone].map(({ key }) => key));
  const others = before.filter(({ id }) => !mentioned.has(id));
  const departed = gone.map(({ key: id, participant }) => ({ id, sequence: sequenceOf(participant) ?? sequence }));
  return [...others, ...departed].slice(-DEPARTED_LIMIT);
}

function participantsOf(entries: readonly RosterEntry[]): JsonObject[] {
  return entries.map(({ participant }) => participant);
}

/** https://learn.microsoft.com/graph/api/resources/removedstate */
function isRemoved({ participant }: RosterEntry): boolean {
  return objectOf(participant['removedState']) !== null;
}

/** With the id twice more: see SIZE_LIMITS. */
function bytesOf({ id, participant }: RosterEntry): number {
  return jsonBytes(participant) + 2 * jsonBytes(id);
}

function sequenceOf({ rosterSequenceNumber }: JsonObject): number | null {
  return countOf(rosterSequenceNumber);
}
