import { IsInt } from 'class-validator';
import fc from 'fast-check';
import { Call } from './call-model.js';
import type { JsonObject } from '../json-value.js';
import { faultsOfModel } from './model-faults.js';
import { schemaOf } from './model-schema.js';
import { fixture, fixturesOf } from '../testing/fixtures.js';
import { fitsSchema } from '../create-call/validate-call.js';

const requests = fixturesOf('create-call').filter((path) => path.includes('request'));
const type = (name: string): object => ({ '@odata.type': `#microsoft.graph.${name}` });
/** Has every member of every type that the examples leave out. */
const laden = {
  ...fixture('create-call/seed-ex1-request'),
  source: {
    ...type('participantInfo'),
    identity: {
      ...type('communicationsIdentitySet'),
      guest: { ...type('communicationsGuestIdentity'), id: 'g', email: 'a@b.example' },
      application: { ...type('communicationsApplicationIdentity'), id: 'a', applicationType: 'bot', hidden: true },
      azureCommunicationServicesUser: {
        ...type('azureCommunicationServicesUserIdentity'),
        id: 'u',
        azureCommunicationServicesResourceId: 'r',
      },
      phone: { id: '+441632960123' },
      endpointType: 'default',
    },
    endpointType: 'voicemail',
    participantId: 'p',
  },
  targets: [
    { identity: { encrypted: { id: 'e' } }, hidden: false, removeFromDefaultAudioRoutingGroup: null, replacesCallId: 'c' },
    { identity: { applicationInstance: { ...type('communicationsApplicationInstanceIdentity'), id: 'i', hidden: null } } },
  ],
  meetingInfo: { ...type('tokenMeetingInfo'), token: 't' },
  chatInfo: { threadId: 't', messageId: 'm', replyChainMessageId: null },
  mediaConfig: { ...type('serviceHostedMediaConfig'), preFetchMedia: [{ uri: 'https://a.example/b.wav' }, null] },
  callOptions: { ...type('outgoingCallOptions'), hideBotAfterEscalation: true, isDeltaRosterEnabled: false },
  callChainId: 'x',
  tenantId: '86dc81db-c112-4228-9222-63f3e5aa1edb',
};
const corpus = [...requests.map((path) => fixture(path)), laden];

/** Values that break one rule or another. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, 7, '', ' ', 'x', [], {}, [null], [[]], ['audio'], '+441632960123', '+12', 'https://x/y'),
  fc.constantFrom('user', 'identity', 'chatInfo', 'tokenMeetingInfo', 'communicationsGuestIdentity').map((name) => type(name)),
  fc.constantFrom(...corpus),
  fc.jsonValue({ maxDepth: 3 }),
);
const names = fc.constantFrom(
  'id',
  'unknown',
  'a@odata.count',
  '__proto__',
  'constructor',
  'hidden',
  'identity',
  'phone',
  'token',
);

interface Change {
  /** Chooses a place in the call, and what is done there. */
  readonly where: number;
  readonly what: 'remove' | 'replace' | 'add' | 'retype';
  readonly name: string;
  readonly value: unknown;
}

const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({ where: fc.nat(), what: fc.constantFrom('remove', 'replace', 'add', 'retype'), name: names, value: odd }),
  { maxLength: 4 },
);

/** A place in the call is changed. */
function changed(call: JsonObject, { where, what, name, value }: Change): JsonObject {
  const copy = JSON.parse(JSON.stringify(call)) as Record<string, unknown>;
  const places: [Record<string, unknown>, string][] = [];
  const walk = (object: Record<string, unknown>): void => {
    for (const [key, member] of Object.entries(object)) {
      places.push([object, key]);
      if (typeof member === 'object' && member !== null) walk(member as Record<string, unknown>);
    }
  };
  walk(copy);
  const [object, key] = places[where % places.length] ?? [copy, name];
  if (what === 'remove') Reflect.deleteProperty(object, key);
  else if (what === 'replace') object[key] = value;
  else if (what === 'add') Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object['@odata.type'] = typeof value === 'object' && value !== null ? (value as JsonObject)['@odata.type'] : value;
  return copy;
}

it('takes what class-validator takes, and nothing else', () => {
  let valid = 0;
  let runs = 0;
  fc.assert(
    fc.property(fc.constantFrom(...corpus), changes, (call, list) => {
      const raw = JSON.parse(JSON.stringify(list.reduce<JsonObject>(changed, call))) as JsonObject;
      const fits = fitsSchema(raw);
      expect(fits).toBe(faultsOfModel(Call, raw).length === 0);
      runs += 1;
      if (fits) valid += 1;
    }),
    { numRuns: 1_000 },
  );
  // Neither side of it is empty.
  expect(valid / runs).toBeGreaterThan(0.1);
  expect(valid / runs).toBeLessThan(0.9);
});

it.each(requests)('agrees with class-validator on %s', (path) => {
  expect(fitsSchema(fixture(path))).toBe(faultsOfModel(Call, fixture(path)).length === 0);
});

it('agrees on values that no JSON text has', () => {
  const raw: JsonObject = Object.create(fixture('create-call/seed-ex1-request')) as JsonObject;
  expect([fitsSchema(raw), faultsOfModel(Call, raw).length === 0]).toEqual([false, false]);
});

it('refuses a rule for which no schema is known', () => {
  class Whole {
    @IsInt()
    number!: number;
  }
  expect(() => schemaOf(Whole)).toThrow('isInt');
});

it('names types as Graph does, tells abstract ones by their discriminator, and closes those that Graph’s metadata closes', () => {
  const schema = schemaOf(Call) as { $ref: string; $defs: Record<string, Record<string, unknown>> };
  expect(schema.$ref).toBe('#/$defs/call');
  expect(schema.$defs['call']).toMatchObject({
    required: ['mediaConfig'],
    properties: { mediaConfig: { discriminator: { propertyName: '@odata.type' } } },
  });
  const open = Object.entries(schema.$defs).filter(([, { additionalProperties }]) => additionalProperties !== false);
  expect(open.map(([name]) => name).toSorted()).toEqual([
    'azureCommunicationServicesUserIdentity',
    'call',
    'communicationsApplicationIdentity',
    'communicationsApplicationInstanceIdentity',
    'communicationsGuestIdentity',
    'communicationsPhoneIdentity',
    'identity',
    'identitySet',
    'invitationParticipantInfo',
    'joinMeetingIdMeetingInfo',
    'organizerMeetingInfo',
  ]);
});
