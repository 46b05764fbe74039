import { judgeCreateCall, type CreateCallRules } from '../apps/call-dispatcher/src/inbox/judge-create-call.js';
import { requireAllowedMedia } from '../apps/gateway/src/calls/read-create-call.js';
import { peerCall } from './support/peer-call.js';

const HOSTS = new Set(['cdn.contoso.com']);
const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const APP_ID = '00001111-aaaa-4222-bbbb-3333cccc4444';
const CALL_ID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';

type Call = Readonly<Record<string, unknown>>;

/** The media checks of gateway and dispatcher, with the same list of hosts. Each returns the faults of a call. */
const DOORS: Readonly<Record<string, (call: Call, hosts?: ReadonlySet<string> | null) => string[]>> = {
  gateway: (call, hosts) => {
    try {
      requireAllowedMedia(call, { setting: 'GATEWAY_MEDIA_HOSTS', hosts: hosts ?? new Set<string>() });
      return [];
    } catch (error) {
      const { details = [] } = (error as { options: { details?: { target: string; message: string }[] } }).options;
      return details.map(({ target, message }) => `${target} ${message}`);
    }
  },
  dispatcher: (call, hosts = null) => {
    const rules: CreateCallRules = {
      appId: APP_ID,
      apps: new Map([[APP_ID, []]]),
      tenants: [],
      mediaHosts: hosts,
      notAfterDefaultMs: 120_000,
      notAfterRedialExtraMs: 0,
      maxCallBytes: 65_536,
    };
    const { faults } = judgeCreateCall({ callId: CALL_ID, tenantId: TENANT_ID, call }, 0, rules);
    return faults.map(({ path, message }) => `${path.replace(/^call\./, '')} ${message}`);
  },
};

function callWith(...uris: readonly string[]): Call {
  const preFetchMedia = uris.map((uri) => ({ '@odata.type': '#microsoft.graph.mediaInfo', uri, resourceId: 'a' }));
  return { ...peerCall(TENANT_ID), mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig', preFetchMedia } };
}

describe.each(Object.entries(DOORS))('a media address, at the door of the %s,', (door, faultsOf) => {
  it.each(['https://cdn.contoso.com/beep.wav', 'https://CDN.contoso.com:443/a/b.wav?x=1', 'HTTPS://cdn.contoso.com'])(
    'may be %s',
    (uri) => {
      expect(faultsOf(callWith(uri), HOSTS)).toEqual([]);
    },
  );

  it.each([
    'http://cdn.contoso.com/beep.wav',
    'file:///etc/passwd',
    'ftp://cdn.contoso.com/beep.wav',
    '//cdn.contoso.com/beep.wav',
    'beep.wav',
    '',
    'https://cdn.contoso.com@evil.example/',
    'https://user@cdn.contoso.com/',
    'https://:secret@cdn.contoso.com/',
    'https://evil.example#cdn.contoso.com',
    'https://evil.example/?https://cdn.contoso.com/',
    'https://cdn.contoso.com.evil.example/',
    'https://evil-cdn.contoso.com/',
    'https://cdn.contoso.com\\@evil.example/',
    'https:\\\\cdn.contoso.com/',
    'https://cdn.contoso.com\t/beep.wav',
    'https://cdn.contoso.com/\r\nbeep.wav',
    ' https://cdn.contoso.com/beep.wav',
    'https://cdn.contoso.com./beep.wav',
    'https://127.0.0.1/',
    'https://0/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/',
    'https://100.64.0.1/',
    'https://10.0.0.1/',
    'https://localhost/',
    'https://localhost./',
    'https://cdn.cоntoso.com/',
    'https://xn--cdn-contoso.com/',
    'https://cdn.contoso.com:8443/',
    `https://cdn.contoso.com/${'a'.repeat(2_048)}`,
  ])('may not be %j', (uri) => {
    expect(faultsOf(callWith(uri), HOSTS)).toContainEqual(expect.stringMatching(/^mediaConfig\.preFetchMedia\[0\]\.uri must be/));
  });

  it('is named, each one that is not allowed', () => {
    const faults = faultsOf(callWith('https://evil.example/', 'https://cdn.contoso.com/a.wav', 'http://cdn.contoso.com/'), HOSTS);
    const wanted = `must be an https address on a host that ${door.toUpperCase()}_MEDIA_HOSTS lists`;
    expect(faults).toEqual([0, 2].map((index) => `mediaConfig.preFetchMedia[${index}].uri ${wanted}`));
  });

  it.each([[peerCall(TENANT_ID)], [{ ...peerCall(TENANT_ID), mediaConfig: null }], [callWith()]])('may be missing', (call) => {
    const isOfMedia = (fault: string): boolean => fault.includes('MEDIA_HOSTS');
    expect(faultsOf(call, HOSTS).filter(isOfMedia)).toEqual([]);
  });
});

it('may be anything for the dispatcher without a list, and nothing for the gateway', () => {
  expect(DOORS['dispatcher']?.(callWith('https://anywhere.example/a.wav'))).toEqual([]);
  expect(DOORS['gateway']?.(callWith('https://anywhere.example/a.wav'))).toHaveLength(1);
});
