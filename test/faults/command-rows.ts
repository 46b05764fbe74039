import { randomUUID } from 'node:crypto';
import { commandMessage, plainKafka, type PlainMessage } from '../support/plain-kafka.js';
import { until } from '../support/stack-for-tests.js';
import { whileStopped } from '../support/standstill.js';
import { partitionOfKey, SEQUENCER, TIMES, type FaultStack } from './fault-stack.js';
import type { FaultRow } from './row.js';

async function parked(system: FaultStack): Promise<string> {
  const callId = system.newCallId();
  await system.fault({ on: 'create', action: 'reset-after-read', match: { callId } });
  await system.commands.send(system.createCall(callId));
  expect(await system.outcomes([callId])).toEqual(['parked']);
  return callId;
}

async function untilParked(system: FaultStack, callId: string, attempt: number): Promise<void> {
  const is = ({ type, data }: { type: string; data: Readonly<Record<string, unknown>> }): boolean =>
    type === 'CallOutcomeUnknown' && data['parked'] === true && data['attempt'] === attempt;
  await system.events.historyWith(callId, is);
}

/** Commands that are broken, repeated, or come in an order that nobody meant. */
export const COMMAND_ROWS: readonly FaultRow[] = [
  {
    id: 'F26',
    fault: 'poison on the commands',
    run: async ({ system, injected, healed }) => {
      const good = Array.from({ length: 6 }, () => system.newCallId());
      const deep = `{"specversion":"1.0","data":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
      const poison: PlainMessage[] = [
        { key: `not-json-${randomUUID()}`, value: 'not JSON' },
        { key: `envelope-${randomUUID()}`, value: '{"hello":"world"}' },
        { key: `null-${randomUUID()}`, value: null },
        { key: `large-${randomUUID()}`, value: `"${'x'.repeat(1_000_000)}"` },
        { key: `deep-${randomUUID()}`, value: deep },
        { key: Buffer.from([0, 0, 0, 0]), value: 'not JSON' },
      ];
      await system.commands.send(...poison.flatMap((bad, index) => [bad, system.createCall(good[index] as string)]));
      injected(poison.length);
      healed();
      expect(new Set(await system.outcomes(good))).toEqual(new Set(['created']));
      for (const { key, value } of poison) {
        const letters = (): (Buffer | null)[] => system.deadLetters.of(String(key)).map((letter) => letter.value);
        await until(`the dead letter of ${JSON.stringify(String(key))} is there`, () => letters().length > 0);
        expect(letters()[0]).toEqual(value === null ? null : Buffer.from(value));
      }
      return good;
    },
  },
  {
    id: 'F27',
    fault: 'odd headers on commands',
    run: async ({ system, injected, healed }) => {
      const callIds = [1, 2, 3].map(() => system.newCallId());
      const headers = [
        { 'content-type': 'application/cloudevents+json', odd: Buffer.from([0, 255, 254]) },
        { 'content-type': ['application/cloudevents+json', 'twice'], '': 'no name' },
        { traceparent: 'nonsense', ce_id: '', long: 'x'.repeat(50_000) },
      ];
      await system.commands.send(...callIds.map((callId, index) => ({ ...system.createCall(callId), headers: headers[index]! })));
      injected(3);
      healed();
      expect(await system.outcomes(callIds)).toEqual(['created', 'created', 'created']);
      return callIds;
    },
  },
  {
    id: 'F42',
    fault: 'a ReleaseCall of a producer, one before the attempt is parked, and an old one replayed after a second unknown',
    run: async ({ system, injected, healed }) => {
      const early = system.newCallId();
      await system.fault({ on: 'create', action: 'reset-after-read', match: { callId: early } });
      await whileStopped(system.pid(SEQUENCER), async () => {
        await system.commands.send(system.createCall(early));
        await system.untilLedger(early, 'Unknown');
        await system.operatorCommands.send(system.release(early, 1));
        await untilTaken(system, early, system.operatorCommands);
        expect(system.ledgerTypes(early)).not.toContain('Released');
      });
      injected();
      await untilParked(system, early, 1);

      const callId = await parked(system);
      const release = system.release(callId, 1);
      await system.commands.send(release);
      await untilTaken(system, callId);
      const [forged] = system.deadLetters.of(callId);
      expect([String(forged?.value), String(forged?.headers['dead-letter-reason'])]).toEqual([release.value, 'WRONG_TOPIC']);
      expect(system.ledgerTypes(callId)).not.toContain('Released');
      injected();
      await system.fault({ on: 'create', action: 'reset-after-read', match: { callId } });
      const foreign = { callId, tenantId: randomUUID(), attempt: 1, reason: 'a test', operator: 'test' };
      await system.operatorCommands.send(commandMessage('ReleaseCall', foreign, randomUUID()));
      await untilTaken(system, callId, system.operatorCommands);
      expect(system.ledgerTypes(callId)).not.toContain('Released');
      // One of these does something, not that of another attempt, nor the repeat.
      await system.operatorCommands.send(system.release(callId, 2), release, release);
      await untilParked(system, callId, 2);
      expect(await system.postsOf(callId)).toHaveLength(2);
      injected();
      await system.operatorCommands.send(release);
      healed();
      await untilTaken(system, callId, system.operatorCommands);
      expect(await system.postsOf(callId)).toHaveLength(2);
      expect(system.ledgerTypes(callId).filter((type) => type === 'Intent')).toHaveLength(2);
      return [early, callId];
    },
  },
  {
    id: 'F43',
    fault: 'EndCall before CreateCall, in another partition, and while Unknown',
    run: async ({ system, injected, healed }) => {
      const before = system.newCallId();
      await system.end(before);
      await system.untilLedger(before, 'EndRequested');
      await system.commands.send(system.createCall(before));

      const elsewhere = system.newCallId();
      await system.script({ talkMs: 600_000, match: { callId: elsewhere } });
      await system.commands.send(system.createCall(elsewhere));
      await system.events.historyWith(elsewhere, ({ data }) => data['state'] === 'established');
      await sendTo(system, (partitionOfKey(elsewhere) + 1) % 12, endOf(system, elsewhere));

      const unknown = await parked(system);
      await system.end(unknown);
      await system.untilLedger(unknown, 'EndRequested');
      await system.operatorCommands.send(system.release(unknown, 1));
      injected(3);
      healed();
      expect(await system.outcomes([before, elsewhere, unknown])).toEqual(['cancelled', 'created', 'parked']);
      await system.events.ended(elsewhere);
      await untilTaken(system, unknown, system.operatorCommands);
      expect([...(await system.postsOf(before)), ...(await system.postsOf(unknown))]).toHaveLength(1);

      const foreign = await system.place();
      await system.commands.send(commandMessage('EndCall', { callId: foreign, tenantId: randomUUID() }, randomUUID()));
      const history = await system.events.ended(foreign, TIMES.notAfterMs);
      expect(history.map(({ data }) => data['state'])).toContain('established');
      return [before, elsewhere, unknown, foreign];
    },
  },
];

function endOf(system: FaultStack, callId: string): PlainMessage {
  return commandMessage('EndCall', { callId, tenantId: system.stack.file.caller.tenantId }, randomUUID());
}

async function sendTo(system: FaultStack, partition: number, message: PlainMessage): Promise<void> {
  const { kafka, topicPrefix } = system.stack.file;
  const producer = plainKafka(kafka.brokers).producer();
  await producer.connect();
  await producer.send({ topic: `${topicPrefix}commands`, messages: [{ ...message, partition }] });
  await producer.disconnect();
}

/** Waits until the topic’s last command of the call was taken: one that says nothing new. */
async function untilTaken(system: FaultStack, callId: string, topic = system.commands): Promise<void> {
  const marker = { key: callId, value: `marker ${randomUUID()}` };
  await topic.send(marker);
  await until('the marker was taken', () => system.deadLetters.of(callId).some(({ value }) => String(value) === marker.value));
}
