import { jest } from '@jest/globals';
import { BrokerContact } from './broker-contact.js';

let nowMs: number;
let asked: PromiseWithResolvers<unknown>[];
let contact: BrokerContact;

beforeEach(() => {
  jest.useFakeTimers();
  nowMs = 0;
  asked = [];
  const ask = (): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>();
    asked.push(answer);
    return answer.promise;
  };
  contact = new BrokerContact(ask, { everyMs: 3_000, withinMs: 10_000 }, () => nowMs);
  contact.start();
});

afterEach(() => {
  contact.stop();
  jest.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  await jest.advanceTimersByTimeAsync(ms);
}

it('is lost when no broker answers for long, and found when one does, with nothing to send', async () => {
  await pass(3_000);
  asked[0]?.resolve(null);
  await pass(3_000);
  asked[1]?.reject(new Error('refused'));
  await pass(7_000);
  expect(contact.condition()).toEqual({ ok: true });
  await pass(3_001);
  expect(contact.condition()).toEqual({ ok: false, reason: 'no broker has answered for 10001 ms' });
  asked.at(-1)?.resolve(null);
  await pass(0);
  expect(contact.condition()).toEqual({ ok: true });
});

it('asks one question at a time', async () => {
  await pass(9_000);
  expect(asked).toHaveLength(1);
});

it('counts a failed send at once, until a broker answers anything', async () => {
  contact.failed(new Error('no leader'));
  expect(contact.condition()).toEqual({ ok: false, reason: 'the last send failed: no leader' });
  await pass(3_000);
  asked[0]?.resolve(null);
  await pass(0);
  expect(contact.condition()).toEqual({ ok: true });
});
