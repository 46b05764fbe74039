export { KafkaTransport, OnRecord, RethrowFilter } from './kafka-transport.js';
