import type { LedgerRecord } from '@callbus/contracts';
import {
  ACCEPTED,
  CALL_ID,
  created,
  END_REQUESTED,
  eventRecord,
  expired,
  factsAfter,
  GRAPH_ERROR,
  intent,
  refused,
  rejected,
  released,
  START_MS,
  unknown,
} from '../testing/call-records.js';
import { timelineOf } from './timeline.js';

const state = (sequence: number, name: string, changes: object = {}) =>
  ({
    type: 'CallStateChanged',
    sequence,
    data: {
      previousState: null,
      state: name,
      mediaState: null,
      resultInfo: null,
      terminationReason: null,
      final: false,
      late: false,
      observedBy: 'callback',
      ...changes,
    },
  }) as const;

it('puts ledger and history into one order, and keeps each in its own', () => {
  const facts = factsAfter(ACCEPTED, intent(), created());
  // The one who received the callbacks has a clock that goes back.
  facts.takeEvent(eventRecord(state(1, 'establishing'), START_MS + 1_500));
  facts.takeEvent(eventRecord(state(2, 'established'), START_MS + 500));
  facts.takeEvent(eventRecord(state(2, 'established'), START_MS + 500));
  expect(timelineOf(facts).map(({ topic, type, detail }) => [topic, type, detail])).toEqual([
    ['ledger', 'Accepted', 'not after 2026-01-01T00:02:00.000Z, ifUnknown park'],
    ['ledger', 'Intent', 'attempt 1'],
    ['events', 'CallStateChanged', 'establishing'],
    ['events', 'CallStateChanged', 'established'],
    ['ledger', 'Created', 'attempt 1, proven by response, Graph’s id g-1'],
  ]);
});

it('marks a proposal that took no effect', () => {
  const [, , late] = timelineOf(factsAfter(ACCEPTED, intent(), intent()));
  expect(late).toMatchObject({ type: 'Intent', detail: 'attempt 1, took no effect' });
});

it.each<[LedgerRecord, string]>([
  [unknown(), 'attempt 1, the connection broke'],
  [rejected(), 'attempt 1, 403 7504 Insufficient permissions.'],
  [{ type: 'Forbidden', callId: CALL_ID, error: GRAPH_ERROR }, '403 7504 Insufficient permissions.'],
  [refused(), 'attempt 1, 429 7504 Insufficient permissions., again after 5000 ms'],
  [released(), 'attempt 1, by ann, it did not ring'],
  [END_REQUESTED, 'by tenant 8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10'],
  [expired, 'notAfter passed before the call could be dialled'],
])('says what %j says', (record, detail) => {
  expect(timelineOf(factsAfter(record))[0]?.detail.replace(', took no effect', '')).toBe(detail);
});

it.each([
  [{ type: 'CallAccepted', data: { kind: 'peer', media: 'service' } }, 'peer, service-hosted media'],
  [
    { type: 'CallCreationFailed', data: { reason: 'rejected', error: { httpStatus: 403, code: '7504', message: 'No.' } } },
    'rejected, 403 7504 No.',
  ],
  [{ type: 'CallOutcomeUnknown', data: { attempt: 1, why: 'no answer', parked: true } }, 'attempt 1, parked, no answer'],
  [
    { type: 'RosterUpdated', data: { participants: [{ displayName: 'Bob' }, {}], joined: ['1'], left: [], late: true } },
    '2 participants, 1 joined, 0 left, late',
  ],
  [{ type: 'DuplicateCallDetected', data: { attempt: 2, graphCallId: 'g-2' } }, 'attempt 2, Graph’s id g-2'],
  [
    {
      type: 'CallOperationUpdated',
      data: {
        operation: { '@odata.type': '#microsoft.graph.playPromptOperation', status: 'Completed', resultInfo: { code: 200 } },
      },
    },
    'playPrompt Completed 200',
  ],
  [{ type: 'CallToneReceived', data: { toneInfo: { tone: 'tone5' } } }, ''],
  [{ type: 'ContentSharingChanged', data: { changeType: 'created' } }, 'created'],
])('says what the event %j says, and names nobody', (event, detail) => {
  const facts = factsAfter();
  facts.takeEvent(eventRecord({ sequence: 1, ...event } as never));
  expect(timelineOf(facts)[0]?.detail).toBe(detail);
});

it('says how a call ended', () => {
  const facts = factsAfter();
  const resultInfo = { code: 200, subcode: 4521, meaning: 'the other side ended the call', message: 'DiagCode: 200#4521.@' };
  facts.takeEvent(eventRecord(state(1, 'terminated', { resultInfo, final: true })));
  expect(timelineOf(facts)[0]?.detail).toBe('terminated, 200/4521 the other side ended the call, final');
});
