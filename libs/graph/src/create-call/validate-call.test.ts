import { CALL_LIMITS } from './call-limits.js';
import { fixture, fixturesOf, without } from '../testing/fixtures.js';
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

  it.each(['CallbackUri', 'callbackURI', 'MediaConfig', 'TARGETS', 'Direction', '@OData.Type'])(
    'reports %s, which Graph might take for the member that it is not',
    (name) => {
      const message = expect.stringContaining('must be spelled') as string;
      expect(validateCall({ ...peer(), [name]: 'https://elsewhere.example' })).toEqual([{ path: name, message }]);
    },
  );

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

  it('keeps the unknown members of open types, and reports those of closed ones, but for annotations', () => {
    const call = mended(fixture('create-call/seed-ex5-request'));
    const meetingInfo = { ...(call['meetingInfo'] as object), unknown: 1 };
    expect(pathsOf({ ...call, unknown: 1, meetingInfo })).toEqual([]);
    const chatInfo = { ...(call['chatInfo'] as object), 'threadId@odata.type': '#String', treadId: '19:x@thread.v2' };
    const mediaConfig = { ...(call['mediaConfig'] as object), preFetchMedia: [{ uri: 'https://a.example/b', url: '', x: 1 }] };
    expect(validateCall({ ...call, chatInfo, mediaConfig })).toEqual([
      { path: 'mediaConfig.preFetchMedia[0].url', message: 'is no member of mediaInfo, which has uri, resourceId; leave it out' },
      { path: 'mediaConfig.preFetchMedia[0].x', message: expect.stringContaining('leave it out') as string },
      { path: 'chatInfo.treadId', message: expect.stringContaining('chatInfo, which has threadId, messageId,') as string },
    ]);
  });

  it('reports a hundred faults at most, and how many more there are', () => {
    const targets = Array.from({ length: 100 }, () => ({ identity: { user: { displayName: 7 } } }));
    const faults = validateCall({ ...mended(fixture('create-call/seed-ex5-request')), targets });
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)).toEqual({ path: '$', message: 'has 100 more faults' });
  });

  it('never repeats a value in a fault: it may be a secret or a number', () => {
    const call = mended(fixture('create-call/seed-ex7-request'));
    const bad = JSON.parse(JSON.stringify(call).replace('+12345678901', '+0hunter2')) as object;
    expect(JSON.stringify(validateCall({ ...bad, tenantId: 'hunter2', subject: ['hunter2'] }))).not.toContain('hunter2');
  });

  describe('traces of a serializer', () => {
    it('names references that it keeps, and nothing else', () => {
      const message = expect.stringMatching(/keeps references\. Turn that off/) as string;
      const targets = { $id: '2', $values: [{ $id: '3', identity: {} }] };
      expect(validateCall({ $id: '1', ...peer(), targets })).toEqual([{ path: '$', message }]);
      expect(validateCall({ ...peer(), targets })).toEqual([{ path: 'targets', message }]);
      expect(validateCall({ ...peer(), mediaConfig: { $ref: '2' } })).toEqual([{ path: 'mediaConfig', message }]);
    });

    it.each([
      ['another case', ['Audio'], /^must be spelled audio: have the serializer write enums in camel case$/],
      ['another case in one of them', ['audio', 'VIDEOBASEDSCREENSHARING'], /^must be spelled videoBasedScreenSharing: /],
      ['numbers', [0], /one of audio, .*: by its name, so have the serializer write enums as text$/],
      ['no name of it', ['telepathy'], /one of audio, video, videoBasedScreenSharing, data$/],
      ['no list', 'audio', /^must be a list of at most 100/],
    ])('names an enum in %s', (_what, requestedModalities, message) => {
      expect(validateCall({ ...peer(), requestedModalities })).toEqual([
        { path: 'requestedModalities', message: expect.stringMatching(message) as string },
      ]);
    });

    it('names a single enum, too', () => {
      const source = { identity: { user: { id: guid } }, endpointType: 'VoiceMail' };
      expect(validateCall({ ...peer(), source })).toEqual([
        { path: 'source.endpointType', message: 'must be spelled voicemail: have the serializer write enums in camel case' },
      ]);
    });
  });

  describe('ids as people copy them', () => {
    const USER_ID = '112f7296-5fa4-42ca-bae8-6a692b15d4b8';
    const calling = (party: string, id: string) => ({ ...peer(), targets: [{ identity: { [party]: { id } } }] });
    const meeting = (members: object) => ({ ...without(peer(), 'targets'), ...members });
    const ofId = (joinMeetingId: string) =>
      meeting({ meetingInfo: { '@odata.type': '#microsoft.graph.joinMeetingIdMeetingInfo', joinMeetingId, passcode: 'a' } });

    it.each([
      ['a user with a prefix', calling('user', `8:orgid:${USER_ID}`), 'targets[0].identity.user.id', /id alone.*8:orgid:/],
      ['a bot with a prefix', calling('application', `28:${USER_ID}`), 'targets[0].identity.application.id', /id alone/],
      ['a user in braces', calling('user', `{${USER_ID}}`), 'targets[0].identity.user.id', /without blanks, braces/],
      ['a user with a blank', calling('user', `${USER_ID} `), 'targets[0].identity.user.id', /without blanks, braces/],
      ['a tenant in braces', { ...peer(), tenantId: `{${guid}}` }, 'tenantId', /must be a GUID/],
      [
        'a meeting with the blanks of its invitation',
        ofId('200 000 000 000 1'),
        'meetingInfo.joinMeetingId',
        /without the blanks/,
      ],
      [
        'a thread in percent-encoding',
        { ...peer(), chatInfo: { threadId: '19%3ameeting_a%40thread.v2' } },
        'chatInfo.threadId',
        /encod/,
      ],
    ])('names %s', (_what, call, path, message) => {
      expect(validateCall(call)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
    });

    it('takes ids that have a prefix of their own', () => {
      const acs = '8:acs:e0d2c8b6-1f0a-4c5e-9a43-6f1d3c2b7a10_00000000-1111-4222-8333-444444444444';
      expect(validateCall(calling('azureCommunicationServicesUser', acs))).toEqual([]);
      expect(validateCall(ofId('2000000000001'))).toEqual([]);
    });
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

    it('takes up to five users for a group call, each of them', () => {
      const group = (count: number) => ({
        ...peer(),
        targets: Array.from({ length: count }, (_, index) => ({ identity: { user: { id: `user-${index}` } } })),
      });
      expect(pathsOf(group(5))).toEqual([]);
      expect(validateCall(group(6))).toEqual([
        { path: 'targets', message: expect.stringMatching(/at most 5: .*invite/) as string },
      ]);
    });

    it('calls a telephone number alone', () => {
      const {
        source,
        targets: [phone],
      } = fixture('create-call/seed-ex7-request') as unknown as {
        source: object;
        targets: [object];
      };
      const call = { ...peer(), source, targets: [{ identity: { user: { id: 'x' } } }, phone] };
      expect(pathsOf(call)).toEqual(['targets[1].identity.phone']);
    });

    it('counts no targets where a meeting is joined', () => {
      const targets = Array.from({ length: 6 }, () => ({ identity: { user: { id: 'x' } } }));
      expect(pathsOf({ ...mended(fixture('create-call/seed-ex5-request')), targets })).toEqual([]);
    });

    it.each([
      '12345678901',
      '+0123456',
      'tel:+12345678901',
      '+1;rm',
      '+1234567890123456',
      '+1 234 567',
      '+123',
      '+1234567',
      '',
      7,
    ])('refuses the telephone number %j', (id) => {
      const call = { ...fixture('create-call/seed-ex7-request'), targets: [{ identity: { phone: { id } } }] };
      expect([...new Set(pathsOf(call))]).toEqual(['targets[0].identity.phone.id']);
    });

    it.each(['+499001234567', '+19002345678', '+449012345678'])('refuses the premium-rate number %j', (id) => {
      const call = { ...fixture('create-call/seed-ex7-request'), targets: [{ identity: { phone: { id } } }] };
      expect(validateCall(call)).toEqual([
        { path: 'targets[0].identity.phone.id', message: 'must not be a premium-rate number' },
      ]);
    });

    it.each(['+12345678901', '+498912345678', '+441632960123', '+8613912345678', '+80012345678'])(
      'takes the telephone number %j',
      (id) => {
        const call = { ...fixture('create-call/seed-ex7-request'), targets: [{ identity: { phone: { id } } }] };
        expect(pathsOf(call)).toEqual([]);
      },
    );

    it('refuses an identity of a type that identities do not have', () => {
      const target = (user: object) => ({ ...peer(), targets: [{ identity: { user: { id: 'x', ...user } } }] });
      expect(pathsOf(target({ '@odata.type': '#microsoft.graph.communicationsUserIdentity', tenantId: guid }))).toEqual([]);
      expect(pathsOf(target({ '@odata.type': '#microsoft.graph.call' }))).toEqual(['targets[0].identity.user.@odata.type']);
    });

    it('checks the members of the identity’s own type', () => {
      const target = (name: string, members: object) =>
        pathsOf({
          ...peer(),
          targets: [{ identity: { guest: { '@odata.type': `#microsoft.graph.${name}`, id: 'x', ...members } } }],
        });
      expect(target('communicationsGuestIdentity', { email: 7 })).toEqual(['targets[0].identity.guest.email']);
      expect(target('identity', { email: 7 })).toEqual([]);
      expect(target('communicationsApplicationIdentity', { hidden: 'no', applicationType: 7 })).toEqual([
        'targets[0].identity.guest.applicationType',
        'targets[0].identity.guest.hidden',
      ]);
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

    it('wants the thread of an organizer’s meeting, and of no other', () => {
      const call = mended(fixture('create-call/seed-ex5-request'));
      for (const chatInfo of [undefined, null]) expect(pathsOf({ ...call, chatInfo })).toEqual(['chatInfo']);
      for (const threadId of [undefined, null, ''])
        expect(pathsOf({ ...call, chatInfo: { threadId } })).toEqual(['chatInfo.threadId']);
      expect(pathsOf({ ...call, chatInfo: [] })).toEqual(['chatInfo']);
      expect(pathsOf({ ...call, chatInfo: { threadId: 7 } })).toEqual(['chatInfo.threadId']);
      const meetingInfo = { '@odata.type': '#microsoft.graph.tokenMeetingInfo', token: 't' };
      expect(pathsOf({ ...call, chatInfo: undefined, meetingInfo })).toEqual([]);
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

  it('does not descend far into unknown members, however deep they are', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    const tooDeep = (name: string) => name + '[0]'.repeat(CALL_LIMITS.depth - 1);
    expect(pathsOf({ ...peer(), unknown: deep, subject: deep })).toEqual(['subject', tooDeep('unknown'), tooDeep('subject')]);
  });

  it('takes nothing from prototypes', () => {
    expect(pathsOf(Object.create(peer()))).toEqual(['mediaConfig', 'targets']);
  });
});
