export { Callbus, connectCallbus, type CallbusOptions, type CallToPlace } from './callbus.js';
export type { CallEventOf, Delivery, EventHandlers, Gap } from './event-handlers.js';
export type { SubscribeOptions, Subscription } from './subscription.js';
export { ContractError, JoinUrlError, readJoinUrl, type EventType, type MeetingCoordinates } from '@callbus/contracts';
export { KafkaError, type ReceivedRecord } from '@callbus/kafka';
