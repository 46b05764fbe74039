import { jest } from '@jest/globals';
import { sendWithin } from './send-within.js';

const late = (): Error => new Error('late');

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('sendWithin', () => {
  it('fails with the given error when the send is not confirmed in time', async () => {
    const sent = expect(sendWithin(20, { send: () => new Promise(() => undefined) }, [], late)).rejects.toThrow('late');
    await jest.advanceTimersByTimeAsync(20);
    await sent;
  });

  it.each([
    ['is confirmed', () => Promise.resolve([]), 'confirmed'],
    ['fails', () => Promise.reject(new Error('refused')), 'refused'],
  ])('leaves no timer behind when the send %s', async (_what, send, end) => {
    const ended = sendWithin(20, { send }, [], late).then(
      () => 'confirmed',
      (error: unknown) => (error as Error).message,
    );
    expect([await ended, jest.getTimerCount()]).toEqual([end, 0]);
  });
});
