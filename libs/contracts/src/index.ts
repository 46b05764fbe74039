export { ACCESS, type AccessRule, type Operation } from './access.js';
export { CONTRACT_ERRORS, ContractError, JoinUrlError, type ContractErrorCode } from './errors.js';
export { readJoinUrl, type MeetingCoordinates } from './join-url.js';
export { partitionOf } from './partition-of.js';
export { groupName, GROUPS, partitionsOf, topicName, TOPICS, type GroupSpec, type Principal, type TopicSpec } from './topics.js';
export { callIdFor, eventId, formatSequence, isCallId, readCallId } from './call-id.js';
export type { CreationError } from './creation-error.js';
export { CallbackPaths, type CallbackAddress } from './callback-path.js';
export { dataSchema, decodeCloudEvent, encodeCloudEvent, schemaVersion, type CloudEvent, type Message } from './cloud-event.js';
export {
  createCallCommand,
  CreateCallData,
  decodeCommand,
  decodeOperatorCommand,
  endCallCommand,
  EndCallData,
  releaseCallCommand,
  ReleaseCallData,
  type Command,
  type OperatorCommand,
  type IfUnknown,
} from './commands.js';
export {
  endRequestsOf,
  isEndRequested,
  isForgotten,
  isSettled,
  latestAttempt,
  type Attempt,
  type AttemptState,
  type Dispatch,
  type DispatchPhase,
  type KeptCommand,
} from './dispatch.js';
export { reduce, type Transition } from './ledger.js';
export { afterLostRecords, mayLackAttempts } from './lost-records.js';
export { ANNOUNCED_MEMORY_MS, canBeDialled, compacted, isOutlived, LEDGER_MEMORY_MS } from './ledger-keeping.js';
export { mayBeginHistoryMs, UNFINISHED_HISTORY_MS } from './history-keeping.js';
export { decodeLedgerRecord, encodeLedgerRecord, type LedgerCommand, type LedgerRecord } from './ledger-records.js';
export {
  AcceptedObservation,
  bodyBytes,
  carriedBody,
  decodeObservation,
  EncodedNotificationObservation,
  encodeObservation,
  EndObservation,
  type FoundCall,
  GraceOverObservation,
  KeepAliveObservation,
  type NotificationObservation,
  OutcomeObservation,
  TextNotificationObservation,
  type FailureReason,
  type Observation,
} from './observations.js';
export { DATE_TIME_RULE, dateTimeMs } from './date-time.js';
export { MAX_INPUT_DEPTH, parseInput, parseJson } from './json.js';
export { requestHash } from './request-hash.js';
export { encodeEvent, EVENT_VERSION, toCloudEvent, type CallEvent } from './events.js';
export { type EventData, type EventSubject, type EventType } from './event-data.js';
export { MESSAGES, type MessageKind } from './messages.js';
export {
  type AttemptInHistory,
  type CallPhase,
  type DepartedParticipant,
  refusedEndOf,
  refusedEndOfSurplus,
  type FoldedCall,
  type OperationInHistory,
  type SurplusCall,
  type ToneInHistory,
} from './folded-call.js';
export { decodeRepair, encodeRepair, Repair, repairKey, type RecordRange } from './repairs.js';
export { decodeSnapshot, encodeSnapshot, FOLD_VERSION, isOlderSnapshot, Snapshot } from './snapshots.js';
export { WORST_CASES } from './worst-cases.js';
