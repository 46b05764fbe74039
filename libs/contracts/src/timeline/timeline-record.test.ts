import { encodeCloudEvent } from '../codec/cloud-event.js';
import { createCallCommand } from '../commands/commands.js';
import { encodeEvent } from '../events/events.js';
import { encodeLedgerRecord, type LedgerRecord } from '../ledger/ledger-records.js';
import { encodeObservation, type Observation } from '../observations/observations.js';
import { timelineRecord } from './timeline-record.js';

const callId = '3f2a91c0-5b0c-4c8e-9a43-6f1d3c2b7a10';
const subject = { callId, graphCallId: null, tenantId: callId, appId: callId };

describe('timelineRecord', () => {
  it('reads commands and events as CloudEvents', () => {
    const command = encodeCloudEvent(createCallCommand('/test', { callId, tenantId: callId, call: {} }));
    expect(timelineRecord('commands', 5, command.value)).toEqual({
      topic: 'commands',
      timestampMs: 5,
      type: 'CreateCall',
      data: { callId, tenantId: callId, call: {} },
    });
    const time = '2026-01-01T00:00:00Z';
    const event = encodeEvent({
      type: 'CallOutcomeUnknown',
      sequence: 2,
      time,
      subject,
      data: { attempt: 1, why: 'x', parked: true },
    });
    expect(timelineRecord('events', 5, event.value)).toMatchObject({ type: 'CallOutcomeUnknown', data: { callId, attempt: 1 } });
  });

  it('reads ledger records by their type and observations by their kind', () => {
    const intent = { type: 'Intent', callId, attempt: 1, nonce: callId, deadlineMs: 1, orphanMs: 2 } as LedgerRecord;
    expect(timelineRecord('dispatch-ledger', 5, encodeLedgerRecord(intent))).toMatchObject({
      type: 'Intent',
      data: { attempt: 1 },
    });
    const outcome = {
      kind: 'outcome',
      id: 'x',
      outcome: 'created',
      receivedAt: '2026-01-01T00:00:00Z',
      ...subject,
    } as unknown as Observation;
    expect(timelineRecord('observations', 5, encodeObservation(outcome))).toMatchObject({
      type: 'outcome',
      data: { outcome: 'created' },
    });
  });

  it('takes anything: poison is no reason to stop', () => {
    for (const value of [null, Buffer.from('{'), Buffer.from('[1]'), Buffer.from('null')]) {
      expect(timelineRecord('commands', 5, value)).toBeUndefined();
    }
    expect(timelineRecord('commands', 5, Buffer.from('{}'))).toMatchObject({ type: '?' });
  });
});
