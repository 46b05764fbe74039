import fc from 'fast-check';
import { CALLBACK_BODIES } from '../../testing/callback-bodies.js';
import { parseBody } from './parse-body.js';

const ID = '2f1a1100-b174-40a0-aba7-0b405e01ed92';

it.each(CALLBACK_BODIES)('reads $name, or reports it as unreadable', ({ bytes, contentType, tells }) => {
  const body = parseBody(bytes(ID), contentType);
  if (tells === 'nothing') expect(body).toEqual({ unreadable: null });
  else if (tells === 'dead letter') expect(body).toEqual({ unreadable: expect.stringMatching(/^the body cannot be read: /) });
  else expect(body).toMatchObject({ content: { value: [{ resourceData: tells }] } });
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

it('gives the reason without quoting the body', () => {
  const why = (bytes: Buffer, contentType?: string): unknown => parseBody(bytes, contentType);
  expect(why(Buffer.from('"\xff"', 'latin1'))).toEqual({
    unreadable: 'the body cannot be read: The value cannot be read: bad UTF-8.',
  });
  expect(why(Buffer.from('{'), 'application/json; charset=evil')).toEqual({
    unreadable: 'the body cannot be read: Its bytes are not in the charset that it names.',
  });
});

it('keeps a constructor that leads nowhere, and drops what leads to a prototype however deep', () => {
  const body = '{"constructor":{"name":"Contoso"},"a":[{"__proto__":1,"constructor":{"prototype":{}},"b":2}],"prototype":3}';
  const { content } = parseBody(Buffer.from(body), undefined) as { content: unknown };
  expect(JSON.stringify(content)).toBe('{"constructor":{"name":"Contoso"},"a":[{"b":2}],"prototype":3}');
});

it('is total: it takes any bytes, under any header', () => {
  const anyType = fc.option(
    fc.oneof(
      fc.string(),
      fc
        .constantFrom('utf-8', 'utf-16', 'utf-16be', 'windows-1252', 'x-user-defined', 'replacement', 'shift_jis', 'gb18030', '"')
        .map((charset) => `application/json; charset=${charset}`),
    ),
    { nil: undefined },
  );
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((text) => Buffer.from(text, 'utf16le')),
  );
  fc.assert(
    fc.property(anyBytes, anyType, (bytes, type) => {
      const body = parseBody(Buffer.from(bytes), type);
      if ('content' in body) expect(JSON.stringify(body.content)).not.toMatch(/(^|[^\\])(\\\\)*\\ud[89a-f]/);
    }),
    { numRuns: 3_000 },
  );
});
