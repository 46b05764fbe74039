import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCallCommand, decodeCommand, decodeOperatorCommand, releaseCallCommand, type CloudEvent } from '@callbus/contracts';
import { judgeCreateCall, type CreateCallRules } from '../apps/call-dispatcher/src/inbox/judge-create-call.js';
import { readCreateCall } from '../apps/gateway/src/calls/read-create-call.js';
import { readBody } from '../apps/gateway/src/http/request-body.js';
import { readNotifications } from '../apps/notification-ingest/src/sequencer/read/read-notifications.js';
import { readCallFile } from '../apps/operator-cli/src/calls/call-file.js';
import { callToPlace } from '../apps/operator-cli/src/calls/call-to-place.js';
import { peerCall } from './support/peer-call.js';

const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const APP_ID = '00001111-aaaa-4222-bbbb-3333cccc4444';
const CALL_ID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const ARRIVED_AT_MS = Date.UTC(2026, 11, 1, 11, 59);

const CALL = peerCall(TENANT_ID);
const CREATE = createCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID, call: CALL });
const RELEASE = releaseCallCommand('/test', {
  callId: CALL_ID,
  tenantId: TENANT_ID,
  attempt: 1,
  reason: 'nobody rang',
  operator: 'kim',
});
const CALLBACK = { value: [{ changeType: 'updated', resource: '/app/calls/57dab8b1', resourceData: { state: 'established' } }] };

type Headers = Parameters<typeof decodeCommand>[2];
const KEY = Buffer.from(CALL_ID);
const TAKEN = /^taken$/;

/** A door's answer to a document: taken, or why it is refused. */
function verdict(faultsOf: () => readonly string[]): string {
  try {
    return faultsOf().join('; ') || 'taken';
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code ?? ''} ${message}`;
  }
}

const inWords = ({ path, message }: { path: string; message: string }): string => `${path} ${message}`;

const RULES: CreateCallRules = {
  appId: APP_ID,
  apps: new Map([[APP_ID, []]]),
  tenants: [],
  mediaHosts: null,
  notAfterDefaultMs: 120_000,
  notAfterRedialExtraMs: 0,
  maxCallBytes: 65_536,
};

function commandFaults(value: Buffer | null, headers: Headers = {}): string[] {
  const command = decodeCommand(KEY, value, headers);
  return command.type === 'CreateCall' ? judgeCreateCall(command.data, ARRIVED_AT_MS, RULES).faults.map(inWords) : [];
}

function operatorCommandFaults(value: Buffer | null, headers: Headers = {}): string[] {
  decodeOperatorCommand(KEY, value, headers);
  return [];
}

interface Door {
  /** What it takes. */
  readonly document: object;
  readonly faultsOf: (bytes: Buffer) => readonly string[];
}

/** Every door by which JSON comes in. */
const DOORS: Readonly<Record<string, Door>> = {
  'calls.commands': { document: CREATE, faultsOf: commandFaults },
  'calls.operator-commands': { document: RELEASE, faultsOf: operatorCommandFaults },
  'the gateway': {
    document: CALL,
    faultsOf: (bytes) => {
      const rules = { graphAppId: APP_ID, callMaxBytes: RULES.maxCallBytes };
      readCreateCall(readBody(bytes), { appId: APP_ID, tenantId: TENANT_ID, roles: [] }, [], rules, () => null);
      return [];
    },
  },
  'callbus calls place': {
    document: CALL,
    faultsOf: (bytes) => {
      const folder = mkdtempSync(join(tmpdir(), 'inputs-'));
      try {
        writeFileSync(join(folder, 'call.json'), bytes);
        return callToPlace({ resource: readCallFile(join(folder, 'call.json')) }, {}).faults.map(inWords);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  },
  callbacks: {
    document: CALLBACK,
    faultsOf: (bytes) => readNotifications(bytes).flatMap((change) => ('why' in change ? [change.why ?? 'empty'] : [])),
  },
};

const noted = (json: string) => (document: string) => Buffer.from(document.replace('{', `{"note":${json},`));
/** Graph may never send a callback again, so those are taken with what can be made of them. */
const BUT_CALLBACKS = { callbacks: TAKEN };

describe.each<[string, (document: string) => Buffer, RegExp, Readonly<Record<string, RegExp>>]>([
  ['as it is', (document) => Buffer.from(document), TAKEN, {}],
  ['a byte order mark before it', (document) => Buffer.from(`\ufeff${document}`), TAKEN, {}],
  ['two byte order marks before it', (document) => Buffer.from(`\ufeff\ufeff${document}`), /cannot be read: bad JSON/, {}],
  ['a byte order mark only', () => Buffer.from('\ufeff'), /cannot be read: bad JSON/, {}],
  ['UTF-16 with a byte order mark', (document) => Buffer.from(`\ufeff${document}`, 'utf16le'), /bad UTF-8/, BUT_CALLBACKS],
  ['a pair of surrogates', noted('"\\ud83d\\ude00"'), TAKEN, {}],
  ['half of a surrogate pair', noted('["\\ud83d"]'), /\$\.note\[0\] has half of a surrogate pair/, BUT_CALLBACKS],
  ['half of a surrogate pair in a name', noted('{"\\ude00":1}'), /\$\.note has a member whose name/, BUT_CALLBACKS],
  ['NUL', noted('"a\\u0000"'), /\$\.note has .*NUL/, BUT_CALLBACKS],
  ['a number beyond a double', noted('1e400'), /\$\.note is a number out of range/, BUT_CALLBACKS],
  ['a hundred levels more', noted(`${'['.repeat(100)}${']'.repeat(100)}`), /nests deeper than 100 levels/, {}],
])('JSON with %s', (_what, bytesOf, expected, exceptions) => {
  it.each(Object.entries(DOORS))('at %s', (name, { document, faultsOf }) => {
    expect(verdict(() => faultsOf(bytesOf(JSON.stringify(document))))).toMatch(exceptions[name] ?? expected);
  });
});

/** The doors by which calls come in, each with a call in what it takes. */
const CALL_DOORS = [
  ['calls.commands', (call: object) => ({ ...CREATE, data: { ...CREATE.data, call } })],
  ['the gateway', (call: object) => call],
  ['callbus calls place', (call: object) => call],
] as const;
const MEETING = { '@odata.type': '#microsoft.graph.joinMeetingIdMeetingInfo', joinMeetingId: '200 000 000 000 1', passcode: 'a' };

describe.each<[string, object, RegExp]>([
  [
    'an annotation of ours',
    { '@callbus.notafter': 'x' },
    /@callbus\.notafter is no annotation .* nearest .*: notAfter beside call/,
  ],
  ['references', { targets: { $id: '1', $values: [] } }, /targets has \$id, \$ref or \$values: .* Turn that off/],
  ['an enum in Pascal case', { requestedModalities: ['Audio'] }, /requestedModalities must be spelled audio: /],
  ['a prefix before an id', { targets: [{ identity: { user: { id: `8:orgid:${APP_ID}` } } }] }, /user\.id must be the id alone/],
  ['the blanks of an invitation', { meetingInfo: MEETING }, /joinMeetingId must be .* without the blanks/],
  [
    'an escaped thread',
    { chatInfo: { threadId: '19%3aa%40thread.v2' } },
    /chatInfo\.threadId must be .* without .*percent-encoding/,
  ],
])('a call with %s is refused in words', (_what, changes, message) => {
  it.each(CALL_DOORS)('at %s', (name, documentOf) => {
    const bytes = Buffer.from(JSON.stringify(documentOf({ ...CALL, ...changes })));
    expect(verdict(() => DOORS[name]?.faultsOf(bytes) ?? [])).toMatch(message);
  });
});

const MODES: Readonly<Record<string, (event: object) => readonly [Buffer, Headers]>> = {
  structured: (event) => [
    Buffer.from(JSON.stringify(event)),
    { 'content-type': 'Application/CloudEvents+JSON; charset=UTF-8', ce_specversion: '1.0' },
  ],
  'structured, told by its members': (event) => [Buffer.from(JSON.stringify(event)), {}],
  binary: (event) => {
    const { data, ...attributes } = event as CloudEvent;
    const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]);
    return [
      Buffer.from(JSON.stringify(data)),
      { ...Object.fromEntries(headers), 'content-type': 'Application/JSON; charset=utf-8' },
    ];
  },
};
const TOPICS = {
  'calls.commands': { command: CREATE, faultsOf: commandFaults },
  'calls.operator-commands': { command: RELEASE, faultsOf: operatorCommandFaults },
};

describe.each(Object.entries(TOPICS))('a command on %s', (_topic, { command, faultsOf }) => {
  describe.each(Object.entries(MODES))('in %s mode', (_mode, messageOf) => {
    it.each<[string, object, RegExp]>([
      ['no attributes but those that it needs', { subject: undefined, dataschema: undefined, datacontenttype: undefined }, TAKEN],
      ['null attributes', { subject: null, time: null, dataschema: null, datacontenttype: null }, TAKEN],
      ['a null type', { type: null }, /^NOT_A_CLOUDEVENT type must be text/],
      ['a dataschema of the producer’s own', { dataschema: 'https://schemas.example.com/ids/7' }, TAKEN],
      ['a later dataschema of ours', { dataschema: `urn:callbus:schema/${command.type}/7` }, /^UNKNOWN_VERSION/],
      ['null data', { data: null }, /^INVALID_MESSAGE/],
      ['a null callId', { data: { ...command.data, callId: null } }, /^INVALID_MESSAGE callId/],
    ])('with %s', (_what, changes, expected) => {
      expect(verdict(() => faultsOf(...messageOf({ ...command, ...changes })))).toMatch(expected);
    });
  });

  it.each(['application/cloudevents+avro', 'Application/CloudEvents-Batch+JSON; charset=utf-8'])(
    'in the format %s is refused in words',
    (contentType) => {
      const said = verdict(() => faultsOf(Buffer.from(JSON.stringify(command)), { 'content-type': contentType }));
      expect(said).toMatch(
        /^NOT_A_CLOUDEVENT The content-type "application\/cloudevents\S+" is not application\/cloudevents\+json\./,
      );
    },
  );

  it('whose data is in Base64', () => {
    const { data, ...attributes } = command;
    const event = { ...attributes, data_base64: Buffer.from(`\ufeff${JSON.stringify(data)}`).toString('base64') };
    expect(verdict(() => faultsOf(Buffer.from(JSON.stringify(event))))).toMatch(TAKEN);
    expect(verdict(() => faultsOf(Buffer.from(JSON.stringify({ ...event, data: null }))))).toMatch(TAKEN);
    expect(verdict(() => faultsOf(Buffer.from(JSON.stringify({ ...event, data_base64: 7 }))))).toMatch(/^INVALID_MESSAGE/);
  });
});

describe('a command that creates a call', () => {
  const judged = (changes: object) => {
    const event = { ...CREATE, data: { ...CREATE.data, ...changes } };
    const { data } = decodeCommand(KEY, Buffer.from(JSON.stringify(event)), {});
    return judgeCreateCall(data as typeof CREATE.data, ARRIVED_AT_MS, RULES);
  };

  it('takes null members for unset ones', () => {
    expect(judged({ notAfter: null, appId: null, ifUnknown: null })).toEqual(judged({}));
  });

  it.each([
    '2026-12-01T12:00:00Z',
    '2026-12-01t12:00:00z',
    '2026-12-01T13:00:00.000+01:00',
    '2026-12-01 12:00:00+00:00',
    '2026-12-01T12:00Z',
    '2026-12-01T13:00:00.000000+0100',
  ])('takes notAfter %s', (notAfter) => {
    expect(judged({ notAfter }).command.notAfterMs).toBe(Date.UTC(2026, 11, 1, 12));
  });

  const RULE = /notAfter:? must be a date-time of RFC 3339 with its offset from UTC/;

  it.each(['2026-12-01T12:00:00', '2026-12-01', '2026-W49-2', '20261201T120000Z', '2027-02-29T12:00:00Z', ''])(
    'fails for notAfter %s, in words',
    (notAfter) => {
      expect(judged({ notAfter }).faults.map(inWords)).toEqual([expect.stringMatching(RULE)]);
      expect(callToPlace({ resource: CALL }, { notAfter }).faults.map(inWords)).toEqual([expect.stringMatching(RULE)]);
    },
  );

  it('is put aside when notAfter is no text', () => {
    expect(() => judged({ notAfter: 7 })).toThrow(RULE);
  });
});
