import { fixture } from '../testing/fixtures.js';
import { validateCall } from './validate-call.js';

const call = fixture('create-call/seed-ex1-request');

it.each([
  ['@callbus.notAfter', 'notAfter beside call, in a command on Kafka'],
  ['@callbus.notafterr', 'notAfter beside call, in a command on Kafka'],
  ['@Callbus.if_unknown', 'ifUnknown beside call, in a command on Kafka'],
  ['@callbus.idempotency-key', 'the header Idempotency-Key, over HTTP'],
  ['subject@callbus.wait', 'the header Prefer: wait=N, over HTTP'],
])('names the nearest to %s', (name, nearest) => {
  const message = `is no annotation that callbus takes; the nearest that there is: ${nearest}`;
  expect(validateCall({ ...call, [name]: 1 })).toEqual([{ path: name, message }]);
});

it('finds them at any depth, and no annotations of OData', () => {
  const targets = [{ ...(call['targets'] as object[])[0], '@callbus.appid': 1, '@odata.id': 'x' }];
  expect(validateCall({ ...call, targets, 'targets@odata.count': 1 }).map(({ path }) => path)).toEqual([
    'targets[0].@callbus.appid',
  ]);
});

it('names a few of very many, in little time', () => {
  const members = Object.fromEntries(
    Array.from({ length: 90 }, (_, index) => [`@callbus.${String(index)}${'x'.repeat(240)}`, 1]),
  );
  const targets = Array.from({ length: 100 }, () => ({ ...(call['targets'] as object[])[0], ...members }));
  expect(validateCall({ ...call, targets }, 8 * 1_024 * 1_024).filter(({ message }) => message.includes('nearest'))).toHaveLength(
    10,
  );
});

it('looks for none in a call that is too large to be taken', () => {
  expect(validateCall({ ...call, '@callbus.wait': 1 }, 100).map(({ path }) => path)).toEqual(['$']);
});

it.each(['notAfter', 'NotAfter', 'ifUnknown'])('refuses %s inside a call, where it would have no effect', (name) => {
  const message = 'is no member of a call; it belongs beside call, in a command on Kafka';
  expect(validateCall({ ...call, [name]: null })).toEqual([{ path: name, message }]);
});
