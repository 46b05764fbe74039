import { readBody } from './request-body.js';

describe('a body', () => {
  it('is JSON, or nothing', () => {
    expect(readBody(Buffer.from('{"a":["é","\\u00e9","\\ud83d\\ude00"],"constructor":"x"}'))).toEqual({
      a: ['é', 'é', '😀'],
      constructor: 'x',
    });
    expect(readBody(Buffer.from('7'))).toBe(7);
    expect(readBody(Buffer.alloc(0))).toBeUndefined();
    expect(readBody(Buffer.from('\ufeff{"a":"\ufeffb"}'))).toEqual({ a: '\ufeffb' });
  });

  it.each<[string, Buffer | string]>([
    ['half a document', '{"a":'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['two byte order marks', '\ufeff\ufeff{}'],
    ['nothing but a byte order mark', '\ufeff'],
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
    ['NUL', '"\0"'],
    ['an escaped NUL', '{"a":"\\u0000"}'],
    ['half a character', '{"a":["\\ud800"]}'],
    ['half a character in a name', '{"\\udc00":1}'],
    ['ten thousand levels', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['a prototype', '{"targets":[{"__proto__":{"admin":true}}]}'],
    ['an escaped prototype', '{"\\u005f_proto__":{"admin":true}}'],
    ['a prototype by way of the constructor', '{"constructor":{"prototype":{"admin":true}}}'],
  ])('of %s is refused', (_what, body) => {
    expect(() => readBody(Buffer.from(body))).toThrow(
      expect.objectContaining({ name: expect.stringMatching(/^(Api|Contract)Error$/) as string }) as Error,
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
