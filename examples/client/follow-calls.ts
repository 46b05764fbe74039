import { connectCallbus, type CallEventOf, type EventHandlers, type EventType } from '@callbus/client';

const { KAFKA_BROKERS = '127.0.0.1:19092', KAFKA_TOPIC_PREFIX: topicPrefix = 'calls.' } = process.env;
const states = new Map<string, string>();

function show({ type, sequence, data }: CallEventOf<EventType>): void {
  const isLate = 'late' in data && data.late;
  if ('state' in data && !isLate) states.set(data.callId, data.state);
  console.log(data.callId, sequence, type, states.get(data.callId) ?? '-', isLate ? 'late' : 'in time');
}

const on: EventHandlers = {
  CallAccepted: show,
  CallCreated: show,
  CallCreationFailed: show,
  CallOutcomeUnknown: show,
  CallStateChanged: show,
  DuplicateCallDetected: show,
};
const callbus = await connectCallbus({ brokers: KAFKA_BROKERS.split(','), source: '/examples/client', topicPrefix });
await callbus.subscribe({ group: 'example-client', on });
process.once('SIGTERM', () => void callbus.close());
