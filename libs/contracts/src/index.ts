export { ACCESS } from './topics/access.js';
export { CONTRACT_ERRORS, ContractError, JoinUrlError, type ContractErrorCode } from './errors.js';
export { readJoinUrl, type MeetingCoordinates } from './commands/join-url.js';
export { partitionOf } from './topics/partition-of.js';
export {
  groupName,
  GROUPS,
  partitionsOf,
  placeOfKey,
  topicName,
  TOPICS,
  type GroupSpec,
  type Principal,
  type TopicSpec,
} from './topics/topics.js';
export { callIdFor, formatSequence, isCallId, readCallId } from './commands/call-id.js';
export type { CreationError } from './observations/creation-error.js';
export { CallbackPaths, type CallbackAddress } from './observations/callback-path.js';
export { dataSchema, decodeCloudEvent, encodeCloudEvent, schemaVersion, type CloudEvent } from './codec/cloud-event.js';
export {
  createCallCommand,
  CreateCallData,
  decodeCommand,
  decodeOperatorCommand,
  endCallCommand,
  EndCallData,
  NO_CALL,
  RELEASE_LIMITS,
  releaseCallCommand,
  ReleaseCallData,
  type Command,
  type OperatorCommand,
  type IfUnknown,
} from './commands/commands.js';
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
} from './ledger/dispatch.js';
export { reduce, type Transition } from './ledger/ledger.js';
export { afterLostRecords, mayLackAttempts } from './ledger/lost-records.js';
export { ANNOUNCED_MEMORY_MS, canBeDialled, compacted, isOutlived, LEDGER_MEMORY_MS } from './ledger/ledger-keeping.js';
export { mayBeginHistoryMs, UNFINISHED_HISTORY_MS } from './snapshots/history-keeping.js';
export { decodeLedgerRecord, encodeLedgerRecord, type LedgerCommand, type LedgerRecord } from './ledger/ledger-records.js';
export {
  AcceptedObservation,
  bodyBytes,
  carriedBody,
  decodeObservation,
  encodeObservation,
  EndObservation,
  type FoundCall,
  KeepAliveObservation,
  type NotificationObservation,
  OutcomeObservation,
  type FailureReason,
  type Observation,
} from './observations/observations.js';
export { DATE_TIME_RULE, dateTimeMs } from './codec/date-time.js';
export { MAX_INPUT_DEPTH, parseInput, parseJson } from './codec/json.js';
export { requestHash } from './commands/request-hash.js';
export { encodeEvent, EVENT_VERSION, toCloudEvent, type CallEvent } from './events/events.js';
export { type EventData, type EventSubject, type EventType } from './events/event-data.js';
export { MESSAGES } from './messages.js';
export {
  type AttemptInHistory,
  type CallPhase,
  type DepartedParticipant,
  refusedEndOf,
  refusedEndOfSurplus,
  type FoldedCall,
  type SurplusCall,
} from './snapshots/folded-call.js';
export { decodeRepair, encodeRepair, Repair, repairKey, type RecordRange } from './topics/repairs.js';
export { decodeSnapshot, encodeSnapshot, FOLD_VERSION, isOlderSnapshot, Snapshot } from './snapshots/snapshots.js';
export { errorText, resultText } from './timeline/graph-words.js';
export { ParticipantNames } from './timeline/participant-names.js';
export { recordWords, type RecordContent } from './timeline/record-words.js';
export { timelineRecord, type TimelineRecord } from './timeline/timeline-record.js';
export { WORST_CASES } from './topics/worst-cases.js';
