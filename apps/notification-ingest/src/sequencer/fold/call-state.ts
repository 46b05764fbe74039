import { isDeepStrictEqual } from 'node:util';
import type { EventData, FoldedCall } from '@callbus/contracts';
import type { JsonObject } from '@callbus/graph';
import type { CallReport } from './change.js';
import type { HistoryInProgress } from './history.js';
import { cutBy, fittingMembers, jsonBytes, SIZE_LIMITS, type Fitting } from './size-limits.js';

/**
 * Graph's call states with their rank in a call's life: a lower rank than the current one came late.
 * https://learn.microsoft.com/graph/api/resources/call
 */
const RANKS: ReadonlyMap<string, number> = new Map([
  ['incoming', 0],
  ['establishing', 1],
  ['established', 2],
  ['hold', 2],
  ['transferring', 2],
  ['transferAccepted', 2],
  ['redirecting', 2],
  ['terminating', 3],
  ['terminated', 4],
]);

export const TERMINATED = 'terminated';
/** The state that Graph gives every call it creates; said of one that it has told no state of yet. */
const FIRST_STATE = 'establishing';

/**
 * A change of the call's state, media, result, or of another of its members. A true repeat changes nothing; what comes late
 * is told and changes nothing either. The result belongs to the state that it came with, so a new state begins without one.
 * @returns whether it came late
 */
export function changeCallState(
  history: HistoryInProgress,
  report: CallReport,
  observedBy: EventData['CallStateChanged']['observedBy'],
): boolean {
  const { call, hasEnded } = history;
  const state = report.state ?? call.state ?? FIRST_STATE;
  const rank = rankOf(state, call);
  const late = hasEnded || rank < rankOf(call.state, call);
  const after = detailsAfter(call, report);
  const { kept: others, truncated } = newMembers(call.call, report.others);
  const hasOthers = Object.keys(others).length > 0;
  if (isSame(call, report.state, after) && !hasOthers && truncated === 0) return late;
  const final = !late && state === TERMINATED;
  if (!late) {
    history.set({ ...after, state, stateRank: rank, phase: final ? 'ended' : call.phase });
    if (hasOthers) history.set({ call: { ...call.call, ...others } });
  }
  history.emit('CallStateChanged', {
    previousState: call.state,
    state,
    ...after,
    ...(hasOthers && { call: others }),
    final,
    late,
    observedBy,
    ...cutBy(truncated),
  });
  return late;
}

/** Whether the state that is reported comes later in a call's life than the present one. */
export function movesOn({ call }: HistoryInProgress, { state }: CallReport): boolean {
  return rankOf(state, call) > rankOf(call.state, call);
}

type Details = Pick<FoldedCall, 'mediaState' | 'resultInfo' | 'terminationReason'>;

function detailsAfter(call: FoldedCall, report: CallReport): Details {
  const known = report.state === null || report.state === call.state ? call : { resultInfo: null, terminationReason: null };
  return {
    mediaState: report.mediaState ?? call.mediaState,
    resultInfo: report.resultInfo ?? known.resultInfo,
    terminationReason: report.terminationReason ?? known.terminationReason,
  };
}

function isSame(
  { state, mediaState, resultInfo, terminationReason }: FoldedCall,
  reported: string | null,
  after: Details,
): boolean {
  return (reported === null || reported === state) && isDeepStrictEqual(after, { mediaState, resultInfo, terminationReason });
}

/** A state that nobody knows neither comes late nor makes others late: it has the rank of the one before. */
function rankOf(state: string | null, { state: current, stateRank }: FoldedCall): number {
  const currentRank = stateRank ?? RANKS.get(current ?? '') ?? 0;
  return RANKS.get(state ?? '') ?? currentRank;
}

function newMembers(known: JsonObject | null, others: JsonObject): Fitting<JsonObject> {
  const news = Object.fromEntries(Object.entries(others).filter(([name, value]) => !isDeepStrictEqual(value, known?.[name])));
  return fittingMembers(news, SIZE_LIMITS.call - jsonBytes(known));
}
