import { isAllowedMediaUri, requireAllowedMedia } from './media-hosts.js';

const HOSTS = new Set(['cdn.contoso.com']);

describe('a media address', () => {
  it.each(['https://cdn.contoso.com/beep.wav', 'https://CDN.contoso.com:443/a/b.wav?x=1', 'HTTPS://cdn.contoso.com'])(
    'may be %s',
    (uri) => {
      expect(isAllowedMediaUri(uri, HOSTS)).toBe(true);
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
    expect(isAllowedMediaUri(uri, HOSTS)).toBe(false);
  });

  it('is nowhere allowed where no host is listed', () => {
    expect(isAllowedMediaUri('https://cdn.contoso.com/beep.wav', new Set())).toBe(false);
  });
});

describe('a call’s media', () => {
  const call = (...uris: string[]) => ({ mediaConfig: { preFetchMedia: uris.map((uri) => ({ uri })) } });

  it('is refused with the path of every address that is not allowed', () => {
    expect(() => {
      requireAllowedMedia(call('https://evil.example/', 'https://cdn.contoso.com/a.wav', 'http://cdn.contoso.com/'), HOSTS);
    }).toThrow(
      expect.objectContaining({
        status: 400,
        options: {
          details: [0, 2].map((index) => ({
            target: `mediaConfig.preFetchMedia[${index}].uri`,
            message: expect.stringContaining('GATEWAY_MEDIA_HOSTS') as string,
          })),
        },
      }) as Error,
    );
  });

  it.each([[{}], [{ mediaConfig: {} }], [{ mediaConfig: { preFetchMedia: null } }], [call('https://cdn.contoso.com/a.wav')]])(
    'is well in %j',
    (one) => {
      expect(() => {
        requireAllowedMedia(one, HOSTS);
      }).not.toThrow();
    },
  );
});
