import { shownHeaders, shownText, shownValue } from './show-record.js';

const json = Buffer.from('{"displayName":"Bob","id":"+491701234567"}');
const odd = Buffer.from([0xff, 0xfe]);

it('shows JSON without names and numbers, unless it is revealed', () => {
  expect(shownValue(json, false)).toEqual({ displayName: '[masked]', id: '[phone]' });
  expect(shownValue(json, true)).toEqual({ displayName: 'Bob', id: '+491701234567' });
});

it('shows what is no JSON only when it is revealed: nobody knows what is in it', () => {
  expect(shownValue(Buffer.from('{"displayName":"Bob"'), false)).toBe('20 bytes that are no JSON (shown by --reveal)');
  expect(shownValue(Buffer.from('{"displayName":"Bob"'), true)).toBe('{"displayName":"Bob"');
  expect(shownValue(odd, true)).toBe('base64://4=');
  expect(shownValue(null, false)).toBeNull();
});

it('shows keys and headers as text, also those that are none, or that are null', () => {
  expect(shownText(Buffer.from('+491701234567'), false)).toBe('[phone]');
  expect(shownText(Buffer.from('+491701234567'), true)).toBe('+491701234567');
  expect(shownText(odd, false)).toBe('base64://4=');
  const headers = { authorization: 'Bearer x', twice: [odd, 'a', null], nothing: null };
  expect(shownHeaders(headers, false)).toEqual({ authorization: '[masked]', twice: ['base64://4=', 'a', null], nothing: null });
  expect(shownHeaders(headers, true)).toMatchObject({ authorization: 'Bearer x' });
});

it('shows the body of a callback that is no JSON only when it is revealed', () => {
  const shown = (observation: object, reveal = false) => shownValue(Buffer.from(JSON.stringify(observation)), reveal);
  const hidden = (bytes: number) => `${bytes} bytes that are no JSON (shown by --reveal)`;
  expect(shown({ kind: 'notification', body: '{"displayName":"Bob"' })).toEqual({ kind: 'notification', body: hidden(20) });
  expect(shown({ kind: 'notification', body: '\ufeff{"displayName":"Bob"}' })).toEqual({
    kind: 'notification',
    body: '{"displayName":"[masked]"}',
  });
  expect(shown({ bodyBase64: Buffer.from('Caf\xe9', 'latin1').toString('base64') })).toEqual({ bodyBase64: hidden(4) });
  expect(shown({ body: '' })).toEqual({ body: '' });
  expect(shown({ body: '{"displayName":"Bob"}' })).toEqual({ body: '{"displayName":"[masked]"}' });
  expect(shown({ body: 'Bob' }, true)).toEqual({ body: 'Bob' });
});
