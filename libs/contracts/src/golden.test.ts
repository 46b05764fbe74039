import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCloudEvent, encodeCloudEvent, type CloudEvent } from './codec/cloud-event.js';
import {
  createCallCommand,
  decodeCommand,
  decodeOperatorCommand,
  endCallCommand,
  releaseCallCommand,
  type Command,
  type CreateCallData,
  type OperatorCommand,
  type ReleaseCallData,
} from './commands/commands.js';
import type { EventSubject, EventType } from './events/event-data.js';
import { toCloudEvent, type CallEvent } from './events/events.js';
import { decodeLedgerRecord, encodeLedgerRecord, type LedgerRecord } from './ledger/ledger-records.js';
import { decodeObservation, encodeObservation, type Observation } from './observations/observations.js';
import { decodeRepair, encodeRepair } from './topics/repairs.js';
import { decodeSnapshot, encodeSnapshot, FOLD_VERSION, isOlderSnapshot } from './snapshots/snapshots.js';

// The fixtures pin what is on Kafka: records of every release so far are read by this one, so a fixture never changes
// within a version but for members that are added.
const FIXTURES = join(import.meta.dirname, '../fixtures');
const namesIn = (kind: string): string[] => readdirSync(join(FIXTURES, kind)).map((file) => file.replace(/\.json$/, ''));
const fixture = (kind: string, name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, kind, `${name}.json`), 'utf8'));
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parsed = (value: Buffer): unknown => JSON.parse(value.toString('utf8'));

// The compiler sees to it that a new type needs a line here, and so a fixture.
const COMMANDS: Record<Command['type'], true> = { CreateCall: true, EndCall: true };
const OPERATOR_COMMANDS: Record<OperatorCommand['type'], true> = { ReleaseCall: true };
const LEDGER: Record<LedgerRecord['type'], true> = {
  Accepted: true,
  Invalid: true,
  EndRequested: true,
  Intent: true,
  Created: true,
  Rejected: true,
  Refused: true,
  NotSent: true,
  Unknown: true,
  Released: true,
  Expired: true,
  Forbidden: true,
};
/** A newer version beside the first has its number behind the name. */
const OBSERVATIONS: Record<Observation['kind'] | 'notification-2', true> = {
  accepted: true,
  outcome: true,
  notification: true,
  'notification-2': true,
  'grace-over': true,
  'keep-alive': true,
  end: true,
};
const EVENTS: Record<EventType, true> = {
  CallAccepted: true,
  CallCreated: true,
  CallCreationFailed: true,
  CallOutcomeUnknown: true,
  CallStateChanged: true,
  RosterUpdated: true,
  CallOperationUpdated: true,
  CallToneReceived: true,
  ContentSharingChanged: true,
  DuplicateCallDetected: true,
  CallEndFailed: true,
};

describe('the golden fixtures', () => {
  it.each([
    ['commands', COMMANDS],
    ['operatorCommands', OPERATOR_COMMANDS],
    ['ledger', LEDGER],
    ['observations', OBSERVATIONS],
    ['events', EVENTS],
  ])('have one of %s for each type', (kind, types) => {
    expect(namesIn(kind).toSorted()).toEqual(Object.keys(types).toSorted());
  });

  it.each(Object.keys(COMMANDS))('pin the command %s', (type) => {
    const envelope = fixture('commands', type) as CloudEvent<CreateCallData>;
    expect(decodeCommand(Buffer.from(envelope.data.callId), bytes(envelope), {})).toEqual({ type, data: envelope.data });
    const ours = { CreateCall: createCallCommand, EndCall: endCallCommand }[type as Command['type']];
    // A CreateCall is the same event however often it is sent; each EndCall is one of its own.
    expect({ ...ours(envelope.source, envelope.data), ...(type !== 'CreateCall' && { id: envelope.id }) }).toEqual(envelope);
  });

  it.each(Object.keys(OPERATOR_COMMANDS))('pin the operator’s command %s', (type) => {
    const envelope = fixture('operatorCommands', type) as CloudEvent<ReleaseCallData>;
    const { data, source, id } = envelope;
    expect(decodeOperatorCommand(Buffer.from(data.callId), bytes(envelope), {})).toEqual({ type, data });
    expect({ ...releaseCallCommand(source, data), id }).toEqual(envelope);
  });

  it.each(Object.keys(LEDGER))('pin the ledger’s %s', (type) => {
    const plain = fixture('ledger', type);
    const record = decodeLedgerRecord(bytes(plain));
    expect(record).toMatchObject({ type });
    expect(parsed(encodeLedgerRecord(record))).toEqual(plain);
  });

  it.each(Object.keys(OBSERVATIONS))('pin the observation %s', (name) => {
    const plain = fixture('observations', name);
    const observation = decodeObservation(bytes(plain));
    expect(observation).toMatchObject({ kind: name.replace(/-\d+$/, '') });
    expect(parsed(encodeObservation(observation))).toEqual(plain);
  });

  it.each(Object.keys(EVENTS))('pin the event %s', (type) => {
    const envelope = fixture('events', type) as CloudEvent<EventSubject & Record<string, unknown>>;
    const { callId, graphCallId, tenantId, appId, ...data } = envelope.data;
    const subject = { callId, graphCallId, tenantId, appId };
    const event = { type, sequence: Number(envelope.sequence), time: envelope.time, subject, data } as unknown as CallEvent;
    expect(toCloudEvent(event)).toEqual(envelope);
    const { value, headers } = encodeCloudEvent(toCloudEvent(event));
    expect(decodeCloudEvent(value, headers)).toEqual(envelope);
  });

  it('pin the snapshot', () => {
    const plain = fixture('snapshots', 'snapshot');
    expect(parsed(encodeSnapshot(decodeSnapshot(bytes(plain))))).toEqual(plain);
  });

  it('pin the snapshot of the fold version before, which lacks what was not known then', () => {
    const plain = fixture('snapshots', 'snapshot-of-fold-1') as { call: object };
    const snapshot = decodeSnapshot(bytes(plain));
    expect(snapshot).toMatchObject(plain);
    expect(Object.keys(snapshot.call).toSorted()).toEqual(
      Object.keys((fixture('snapshots', 'snapshot') as { call: object }).call).toSorted(),
    );
    expect(snapshot.foldVersion).toBe(FOLD_VERSION - 1);
  });
});

it('pin a repair: it is read, written the same, and keyed by its first offset', () => {
  const plain = fixture('repairs', 'Repair');
  const repair = decodeRepair(Buffer.from(JSON.stringify(plain)));
  const { key, value } = encodeRepair(repair);
  expect([key, JSON.parse(String(value))]).toEqual(['calls.snapshots/3/17', plain]);
  for (const bad of [null, Buffer.from('{}'), Buffer.from(JSON.stringify({ ...(plain as object), lastOffset: '-1' }))])
    expect(() => decodeRepair(bad)).toThrow();
});

describe('of two snapshots of a call', () => {
  it('the one with the higher offset counts, and of one offset the one of the newer fold version', () => {
    const older = (a: [number, number], b: [number, number]): boolean =>
      isOlderSnapshot({ offset: a[0], foldVersion: a[1] }, { offset: b[0], foldVersion: b[1] });
    expect([older([4, 2], [5, 1]), older([5, 1], [5, 2]), older([5, 2], [5, 2]), older([5, 2], [5, 1])]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a message of another version', () => {
  const code = (read: () => unknown): unknown => {
    try {
      read();
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
    return 'was read';
  };

  it('stops the reader of the ledger, of observations and of snapshots, and dead-letters a command', () => {
    const newer = (kind: string, name: string, change: object): Buffer =>
      bytes({ ...(fixture(kind, name) as object), ...change });
    expect(code(() => decodeLedgerRecord(newer('ledger', 'Intent', { version: 2 })))).toBe('UNKNOWN_VERSION');
    expect(code(() => decodeLedgerRecord(newer('ledger', 'Intent', { version: 2, type: 'Later' })))).toBe('UNKNOWN_VERSION');
    expect(code(() => decodeLedgerRecord(newer('ledger', 'Forbidden', { version: 1 })))).toBe('INVALID_MESSAGE');
    expect(code(() => decodeObservation(newer('observations', 'outcome', { version: 2 })))).toBe('UNKNOWN_VERSION');
    expect(code(() => decodeObservation(newer('observations', 'notification', { version: 3 })))).toBe('UNKNOWN_VERSION');
    expect(code(() => decodeObservation(newer('observations', 'notification', { version: 2 })))).toBe('INVALID_MESSAGE');
    expect(code(() => decodeObservation(newer('observations', 'notification-2', { version: 1 })))).toBe('INVALID_MESSAGE');
    expect(code(() => decodeSnapshot(newer('snapshots', 'snapshot', { foldVersion: 99 })))).toBe('UNKNOWN_VERSION');
    const command = newer('commands', 'EndCall', { dataschema: 'urn:callbus:schema/EndCall/2' });
    expect(code(() => decodeCommand(Buffer.from('x'), command, {}))).toBe('UNKNOWN_VERSION');
  });

  it.each(Object.keys(LEDGER))('keeps members it does not know in %s', (type) => {
    const plain = { ...(fixture('ledger', type) as object), addedLater: { by: 'release N+1' } };
    expect(parsed(encodeLedgerRecord(decodeLedgerRecord(bytes(plain))))).toEqual(plain);
  });

  it.each([
    ['a number', 7],
    ['null', null],
    ['a list', []],
    ['no version', { type: 'Intent' }],
    ['no type', { version: 1 }],
    ['a type of the prototype', { version: 1, type: 'constructor', kind: 'constructor' }],
    ['members of another shape', { version: 1, type: 'Intent', kind: 'outcome', callId: 7, attempt: 'one' }],
  ])('is an error of the message, not of the program: %s', (_what, plain) => {
    for (const read of [decodeLedgerRecord, decodeObservation]) {
      expect(code(() => read(bytes(plain)))).toMatch(/^(INVALID_MESSAGE|UNKNOWN_TYPE)$/);
      expect(code(() => read(null))).toBe('NO_VALUE');
      expect(code(() => read(Buffer.from('{')))).toBe('NOT_JSON');
    }
    expect(code(() => decodeSnapshot(bytes(plain)))).toBe('INVALID_MESSAGE');
  });
});
