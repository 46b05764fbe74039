import { bodyBytes } from '@callbus/contracts';
import { CALLBACK_BODIES } from '../../testing/callback-bodies.js';
import type { AuthenticCallback } from '../gate/callback-gate.js';
import { notificationOf } from './notification-of.js';

const ID = '11111111-1111-4111-8111-111111111111';
const callback = {
  address: { callId: ID, appId: ID, tenantId: ID, attempt: 1 },
  claims: { tenantId: ID, callerAppId: null },
} as AuthenticCallback;

it('stores of the headers what says something about the callback, and never the token (G8)', () => {
  const headers = {
    authorization: 'Bearer secret',
    cookie: 'secret',
    'x-microsoft-skype-message-id': 'm',
    'x-microsoft-skype-chain-id': 'c',
    'scenario-id': 's',
    'client-request-id': 'r',
    'content-type': 'application/json',
    'x-forwarded-for': '10.0.0.1',
  };
  expect(notificationOf(callback, headers, Buffer.from('{"value":[]}'), { id: ID, receivedAtMs: 0 })).toEqual({
    kind: 'notification',
    id: ID,
    callId: ID,
    tenantId: ID,
    appId: ID,
    attempt: 1,
    receivedAt: '1970-01-01T00:00:00.000Z',
    body: '{"value":[]}',
    headers: {
      'x-microsoft-skype-message-id': 'm',
      'x-microsoft-skype-chain-id': 'c',
      'scenario-id': 's',
      'client-request-id': 'r',
      'content-type': 'application/json',
    },
    claims: { tid: ID },
  });
});

it.each(CALLBACK_BODIES)('keeps every byte of a body, and its charset: $name', ({ bytes, contentType }) => {
  const body = bytes(ID);
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  const stored = notificationOf(callback, headers, body, { id: ID, receivedAtMs: 0 });
  expect(bodyBytes(stored).equals(body)).toBe(true);
  expect(stored.headers['content-type']).toBe(contentType);
});
