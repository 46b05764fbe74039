import { fixture, fixturesOf, without } from './testing/fixtures.js';
import { validateCall } from './validate-call.js';

const guid = '86dc81db-c112-4228-9222-63f3e5aa1edb';
const peer = () => fixture('create-call/seed-ex1-request');
/** Some printed examples name a tenant that is no GUID. */
const mended = (call: object) =>
  JSON.parse(JSON.stringify(call).replaceAll('86dc81db-c112-4228-9222-63f3esaa1edb', guid)) as Record<string, unknown>;
const pathsOf = (raw: unknown) => validateCall(raw).map((fault) => fault.path);

describe('validateCall', () => {
  it.each(fixturesOf('create-call').filter((path) => path.includes('request')))('accepts the documented request %s', (path) => {
    expect(validateCall(mended(fixture(path)))).toEqual([]);
  });

  it('reports the two tenants of the printed meeting example that are no GUIDs', () => {
    const message = expect.stringContaining('must be a GUID') as string;
    expect(validateCall(fixture('create-call/seed-ex5-request'))).toEqual([
      { path: 'tenantId', message },
      { path: 'meetingInfo.organizer.user.tenantId', message },
    ]);
  });

  it('does not ask for a callback address, and tolerates read-only and unknown members', () => {
    const call = without(peer(), 'callbackUri');
    expect(validateCall({ ...call, direction: 'outgoing', state: 7, answeredBy: null, toString: 'x' })).toEqual([]);
  });

  it('reports every fault at once, each with its path', () => {
    const faults = validateCall({
      '@odata.type': '#microsoft.graph.user',
      targets: [{ identity: {} }, null, { identity: { user: { displayName: 7 } } }],
      source: { '@odata.type': '#microsoft.graph.participantInfo' },
      requestedModalities: ['audio', 'telepathy'],
      chatInfo: [],
      callOptions: { '@odata.type': '#microsoft.graph.incomingCallOptions' },
      tenantId: 'contoso',
      subject: {},
    });
    expect(faults.map((fault) => fault.path).sort()).toEqual(
      [
        '@odata.type',
        'callOptions.@odata.type',
        'chatInfo',
        'mediaConfig',
        'requestedModalities',
        'source.identity',
        'subject',
        'targets[0].identity',
        'targets[1]',
        'targets[2].identity.user.displayName',
        'targets[2].identity.user.id',
        'tenantId',
      ].sort(),
    );
    expect(faults.find((fault) => fault.path === 'mediaConfig')).toEqual({ path: 'mediaConfig', message: 'is required' });
  });

  it('never repeats a value in a fault: it may be a secret or a number', () => {
    const call = mended(fixture('create-call/seed-ex7-request'));
    const bad = JSON.parse(JSON.stringify(call).replace('+12345678901', '+0hunter2')) as object;
    expect(JSON.stringify(validateCall({ ...bad, tenantId: 'hunter2', subject: ['hunter2'] }))).not.toContain('hunter2');
  });

  describe('media', () => {
    it('refuses a mediaConfig whose type is missing, unknown or another’s', () => {
      for (const type of [undefined, null, 7, '', 'toString', '#microsoft.graph.mediaConfig', '#microsoft.graph.chatInfo']) {
        expect(pathsOf({ ...peer(), mediaConfig: { '@odata.type': type } })).toEqual(['mediaConfig.@odata.type']);
      }
    });

    it('refuses a mediaConfig that is no object', () => {
      for (const mediaConfig of [[], 'x', 7, true]) expect(pathsOf({ ...peer(), mediaConfig })).toEqual(['mediaConfig']);
    });

    it('checks prompts to fetch, and the members of the type that is named', () => {
      const preFetchMedia = [
        { uri: 'cool.wav' },
        { resourceId: 'x' },
        [],
        { uri: 'https://cdn.example.test/a.wav', resourceId: 7 },
      ];
      const type = '#microsoft.graph.serviceHostedMediaConfig';
      expect(pathsOf({ ...peer(), mediaConfig: { '@odata.type': type, preFetchMedia } })).toEqual([
        'mediaConfig.preFetchMedia[0].uri',
        'mediaConfig.preFetchMedia[1].uri',
        'mediaConfig.preFetchMedia[2]',
        'mediaConfig.preFetchMedia[3].resourceId',
      ]);
      expect(pathsOf({ ...peer(), mediaConfig: { '@odata.type': '#microsoft.graph.appHostedMediaConfig', blob: {} } })).toEqual([
        'mediaConfig.blob',
      ]);
    });
  });

  describe('whom to call', () => {
    it('wants targets, unless a meeting is joined', () => {
      const none = without(peer(), 'targets');
      for (const call of [none, { ...none, targets: [] }, { ...none, targets: null }, { ...none, meetingInfo: null }]) {
        expect(pathsOf(call)).toEqual(['targets']);
      }
      expect(pathsOf({ ...mended(fixture('create-call/seed-ex5-request')), targets: [] })).toEqual([]);
    });

    it('refuses targets that are no list, once', () => {
      for (const targets of [{}, 'x', 7, { length: 1 }]) expect(pathsOf({ ...peer(), targets })).toEqual(['targets']);
    });

    it('refuses a list beyond all measure, without looking through it', () => {
      expect(pathsOf({ ...peer(), targets: Array.from({ length: 100_000 }, () => null) })).toEqual(['targets']);
    });

    it('wants an application instance to call a telephone number from', () => {
      const call = without(fixture('create-call/seed-ex7-request'), 'source');
      const path = 'source.identity.applicationInstance';
      expect(pathsOf(call)).toEqual([path]);
      expect(pathsOf({ ...call, source: { identity: { application: { id: 'x' } } } })).toEqual([path]);
    });

    it.each(['12345678901', '+0123456', 'tel:+12345678901', '+1;rm', '+1234567890123456', '+1 234 567', '', 7, null])(
      'refuses the telephone number %j',
      (id) => {
        const call = { ...fixture('create-call/seed-ex7-request'), targets: [{ identity: { phone: { id } } }] };
        expect([...new Set(pathsOf(call))]).toEqual(['targets[0].identity.phone.id']);
      },
    );

    it('refuses an identity of a type that identities do not have', () => {
      const target = (user: object) => ({ ...peer(), targets: [{ identity: { user: { id: 'x', ...user } } }] });
      expect(pathsOf(target({ '@odata.type': '#microsoft.graph.communicationsUserIdentity', tenantId: guid }))).toEqual([]);
      expect(pathsOf(target({ '@odata.type': '#microsoft.graph.call' }))).toEqual(['targets[0].identity.user.@odata.type']);
    });
  });

  describe('meetings', () => {
    const join = (meetingInfo: unknown) => pathsOf({ ...mended(fixture('create-call/seed-ex5-request')), meetingInfo });

    it('knows the three ways to name one, and what each must have', () => {
      const type = (name: string) => ({ '@odata.type': `#microsoft.graph.${name}` });
      expect(join({ ...type('tokenMeetingInfo'), token: 't' })).toEqual([]);
      expect(join(type('tokenMeetingInfo'))).toEqual(['meetingInfo.token']);
      expect(join({ ...type('joinMeetingIdMeetingInfo'), passcode: 7 })).toEqual([
        'meetingInfo.joinMeetingId',
        'meetingInfo.passcode',
      ]);
      expect(join(type('organizerMeetingInfo'))).toEqual(['meetingInfo.organizer']);
      expect(join(type('meetingInfo'))).toEqual(['meetingInfo.@odata.type']);
    });

    it('does not take a malformed meeting for one to join', () => {
      expect(join([])).toEqual(['meetingInfo', 'targets']);
    });
  });

  it('gives a list for any JSON value, throws at none and changes none', () => {
    for (const raw of [null, undefined, true, 7, '', 'x', [], [[]], [peer()]]) expect(pathsOf(raw)).toEqual(['$']);
    const hostile = JSON.parse(
      `{"__proto__":{"mediaConfig":{}},"constructor":{"prototype":{"x":1}},"hasOwnProperty":1,
        "targets":[[],1,"x",{"identity":{"__proto__":{"user":{}}}}],"source":{"identity":[null]},
        "meetingInfo":{"@odata.type":{}},"requestedModalities":{"length":-1}}`,
    ) as object;
    const before = JSON.stringify(hostile);
    expect(validateCall(hostile).length).toBeGreaterThan(5);
    expect(JSON.stringify(hostile)).toBe(before);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('does not descend into what the model does not know, however deep that is', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    expect(pathsOf({ ...peer(), unknown: deep, subject: deep })).toEqual(['subject']);
  });

  it('takes nothing from prototypes', () => {
    expect(pathsOf(Object.create(peer()))).toEqual(['mediaConfig', 'targets']);
  });
});
