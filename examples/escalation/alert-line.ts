// Calls one person after the other until somebody answers: alert-line.js <alert> <user id> <user id> …
// Start it again with the same alert after a crash, or because whoever raised the alert was redelivered: a person's call has a key
// that follows from the alert, so it is the same call and rings once; and what became of it is read from the history.
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { connectCallbus } from '@callbus/client';

const { KAFKA_BROKERS = '127.0.0.1:19092', KAFKA_TOPIC_PREFIX: topicPrefix = 'calls.', TENANT_ID: tenantId = '' } = process.env;
const ringMs = Number(process.env['RING_SECONDS'] ?? 30) * 1_000;
const [alert = '', ...people] = process.argv.slice(2);
type Fate = 'placed' | 'answered' | 'over';
const fates = new Map<string, Fate>();
let onNews = (): void => undefined;

function learn(callId: string, fate: Fate): void {
  if ((fates.get(callId) ?? 'placed') === 'placed') fates.set(callId, fate);
  onNews();
}

async function until(isLearnt: () => boolean): Promise<void> {
  while (!isLearnt()) await new Promise<void>((resolve) => (onNews = resolve));
}

/** The time counts from the call's own beginning: what came before it, perhaps a month of events, has to be read first. */
async function fateOf(callId: string): Promise<Fate | undefined> {
  await until(() => fates.has(callId));
  await Promise.race([until(() => fates.get(callId) !== 'placed'), setTimeout(ringMs, undefined, { ref: false })]);
  return fates.get(callId);
}

const callbus = await connectCallbus({ brokers: KAFKA_BROKERS.split(','), source: '/alert-line', topicPrefix });
// A group of its own for each start reads from the oldest event that is kept, so nothing that was learnt before is missing.
await callbus.subscribe({
  group: `alert-line-${randomUUID()}`,
  on: {
    CallAccepted: ({ data }) => {
      learn(data.callId, 'placed');
    },
    CallStateChanged: ({ data }) => {
      if (data.state === 'established') learn(data.callId, 'answered');
      else if (data.final) learn(data.callId, 'over');
    },
    CallCreationFailed: ({ data }) => {
      learn(data.callId, 'over');
    },
  },
});
for (const id of people) {
  const user = { '@odata.type': '#microsoft.graph.identity', id };
  const targets = [{ identity: { '@odata.type': '#microsoft.graph.identitySet', user } }];
  const mediaConfig = { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' };
  const call = { '@odata.type': '#microsoft.graph.call', targets, requestedModalities: ['audio'], mediaConfig };
  const callId = await callbus.placeCall({ tenantId, call, key: `${alert}/${id}` });
  const fate = await fateOf(callId);
  console.log(id, callId, fate === 'placed' ? 'does not answer' : fate);
  if (fate === 'answered') break;
  // Before the next one is called: an end is for good, even of a call that is dialled only later.
  if (fate === 'placed') await callbus.endCall({ callId, tenantId });
}
await callbus.close();
