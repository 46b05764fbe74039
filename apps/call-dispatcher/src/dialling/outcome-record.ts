import type { Attempt, LedgerRecord } from '@callbus/contracts';
import type { CreateCallOutcome } from '@callbus/graph';

export interface AttemptKey {
  readonly callId: string;
  readonly attempt: number;
  readonly nonce: string;
}

/**
 * What the ledger is told about a POST. A call's first 401 may be a token that was revoked early, so the next attempt
 * takes a new one; another 401 says that tokens do not help.
 * @param earlier the call's attempts before this one
 */
export function outcomeRecord(key: AttemptKey, outcome: CreateCallOutcome, earlier: readonly Attempt[]): LedgerRecord {
  switch (outcome.kind) {
    case 'created':
      return {
        type: 'Created',
        ...key,
        provenBy: 'response',
        graphCallId: outcome.graphCallId,
        call: outcome.call === null ? null : withoutCallback(outcome.call),
      };
    case 'unauthorized':
      if (earlier.some(({ httpStatus }) => httpStatus === 401)) return { type: 'Rejected', ...key, error: outcome.error };
      return { type: 'Refused', ...key, retryAfterMs: 0, error: outcome.error };
    case 'throttled':
      return { type: 'Refused', ...key, retryAfterMs: outcome.retryAfterMs, error: outcome.error };
    case 'rejected':
      return { type: 'Rejected', ...key, error: outcome.error };
    case 'not-sent':
      return { type: 'NotSent', ...key, why: outcome.why };
    case 'unknown': {
      const { why, retryAfterMs } = outcome;
      return { type: 'Unknown', ...key, why, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
  }
}

/** The callback's address has a key in it: Graph repeats it, and nobody who reads the history needs it. */
function withoutCallback(call: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(call).filter(([name]) => name !== 'callbackUri'));
}
