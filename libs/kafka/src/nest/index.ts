export { KafkaTransport, type KafkaTransportOptions, OnRecord, RethrowFilter } from './kafka-transport.js';
