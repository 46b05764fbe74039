/**
 * Everything that can be wrong with a message of ours, each with what its owner can do. The code is the reason in the
 * dead letter's headers and in docs/errors.md.
 */
export const CONTRACT_ERRORS = {
  NOT_JSON: 'The value is not JSON in UTF-8. Send a CloudEvent as JSON.',
  NOT_I_JSON:
    'The JSON has text or a number that readers do not agree on. Send whole characters without NUL, and numbers within the range of a double (I-JSON, RFC 7493).',
  TOO_DEEP: 'The JSON nests too deep. A call of Graph nests about ten levels; at most 100 are taken.',
  TOO_LARGE: 'The value is larger than its topic takes uncompressed. Send a smaller call.',
  NO_VALUE: 'The record has no value. A command is never a tombstone; send a CloudEvent as JSON.',
  NOT_A_CLOUDEVENT: 'The record is not a CloudEvent 1.0, neither structured nor binary. See docs for the envelope.',
  UNKNOWN_TYPE: 'The CloudEvent’s type is not one that this topic carries. See the table of message types.',
  WRONG_TOPIC:
    'CreateCall and EndCall belong on commands. A ReleaseCall belongs on operator-commands, where only an operator writes: use «callbus calls release» of this version.',
  UNKNOWN_VERSION: 'The message’s version is newer than this release. Upgrade the reader before the writer.',
  INVALID_MESSAGE: 'The data does not have the shape of its type. The message lists every fault with its path.',
  KEY_MISMATCH: 'The record’s key is not the callId of its data. Use the callId as the key.',
  ID_MISMATCH: 'The id of a CreateCall is not its callId. Use the same UUID for both.',
  TOO_OLD: 'It may have been dialled, and the ledger no longer knows. Send a new one with a fresh callId.',
  TOO_MANY_ENDS:
    'Too many EndCall commands for unknown calls are remembered: for this callId, for this tenant or in all. Replay it when its call is known, or raise UNKNOWN_ENDS_MAX_PER_CALL, UNKNOWN_ENDS_MAX_PER_TENANT or UNKNOWN_ENDS_MAX.',
  SNAPSHOT_UNREADABLE:
    'The call’s state cannot be read, so its history cannot go on. «callbus topics repair» shows what can be done; then replay the dead letter.',
  HISTORY_FORGOTTEN:
    'The observation is so old that its call’s history may have been deleted; with it a new one would begin at 1. It stays a dead letter: read it with «callbus dead-letters show».',
  NOT_IN_LEDGER:
    'The call has a history, but the ledger does not know it: its records are lost, or were forgotten 45 days after the last one. So no dispatcher can end it. Look at it with «callbus calls show»; if it still lives, end it in Graph.',
  NOT_PARKED:
    'A release allows one more dial after an attempt that is parked, while nobody asked for the call’s end. The ledger must still know the call, which it forgets 45 days after its last record. Look at the call with «callbus calls show»; release it when it is parked.',
  CONFLICT: 'The callId is known with another request. Use a fresh callId for a new call.',
} as const;

export type ContractErrorCode = keyof typeof CONTRACT_ERRORS;

/** A message that cannot be taken; its sender’s mistake, never ours, so it is dead-lettered and not retried. */
export class ContractError extends Error {
  constructor(
    readonly code: ContractErrorCode,
    readonly detail: string,
  ) {
    super(`${detail} ${CONTRACT_ERRORS[code]}`);
    this.name = 'ContractError';
  }
}

/** A meeting's link does not say what a create needs. */
export class JoinUrlError extends Error {
  readonly code = 'JOIN_URL';

  constructor(detail: string) {
    super(`The join URL cannot be used. ${detail}`);
    this.name = 'JoinUrlError';
  }
}
