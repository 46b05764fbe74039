import { readdirSync, readFileSync } from 'node:fs';
import { requireCallbackBody } from './callback-body.js';

const recorded = new URL('../../../../libs/graph/fixtures/notifications/', import.meta.url);

it.each(readdirSync(recorded))('takes %s', (file) => {
  requireCallbackBody(readFileSync(new URL(file, recorded)));
});

it.each([
  '{"a":1,"a":2}',
  '1e400',
  '-0',
  '{"id":9007199254740993}',
  '{"value":[]}',
  `[${'{},'.repeat(10_000)}0]`,
  '{"@odata.type":"#microsoft.graph.neverHeardOf"}',
  '{"resource":"/communications/calls/../../users"}',
  JSON.stringify({ id: 'a\r\nb\0c\u202e' }),
  JSON.stringify({ id: 'x'.repeat(10_000) }),
  '{"emoji":"\\ud83d\\ude00 😀"}',
  '{"constructor":{"name":"Contoso"}}',
  '{"prototype":{}}',
  `${'['.repeat(100)}${']'.repeat(100)}`,
])('takes %.40s: JSON that a reader can make of what it wants', (body) => {
  requireCallbackBody(Buffer.from(body));
});

it.each([
  ['nothing', '', 'EMPTY_BODY'],
  ['half of it', '{"value":[', 'BAD_BODY'],
  ['a comment', '{"value":[]} // done', 'BAD_BODY'],
  ['a byte order mark', '\ufeff{}', 'BAD_BODY'],
  ['a NUL behind it', '{}\0', 'BAD_BODY'],
  ['a raw NUL in a string', '{"a":"\0"}', 'BAD_BODY'],
  ['half of a surrogate pair', '{"a":"\\ud83d"}', 'BAD_BODY'],
  ['half of one as a name', '{"\\ude00":1}', 'BAD_BODY'],
  ['10,000 levels', '['.repeat(10_000) + ']'.repeat(10_000), 'BAD_BODY'],
  ['101 levels', '['.repeat(101) + ']'.repeat(101), 'BAD_BODY'],
  ['__proto__', '{"__proto__":{"admin":true}}', 'BAD_BODY'],
  ['__proto__ in escapes', '{"value":[{"\\u005f_proto__":{"admin":true}}]}', 'BAD_BODY'],
  ['constructor.prototype', '{"constructor":{"prototype":{"admin":true}}}', 'BAD_BODY'],
])('refuses %s', (_what, body, code) => {
  expect(() => {
    requireCallbackBody(Buffer.from(body));
  }).toThrow(expect.objectContaining({ code }));
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

it.each([
  ['a byte that is no UTF-8', [0x22, 0xff, 0x22]],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
  ['half of a surrogate pair as bytes', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['UTF-16', [...Buffer.from('{}', 'utf16le')]],
])('refuses %s', (_what, bytes) => {
  expect(() => {
    requireCallbackBody(Buffer.from(bytes));
  }).toThrow(expect.objectContaining({ code: 'BAD_BODY' }));
});
