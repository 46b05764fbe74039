import { readFaultOrder } from '../control/control-orders.js';
import { Faults } from './faults.js';

function faultsOf(raw: unknown): unknown {
  try {
    return readFaultOrder(raw);
  } catch (error) {
    return (error as { getResponse(): { faults: string[] } }).getResponse().faults;
  }
}

describe('an order for a fault', () => {
  it('strikes once unless it says otherwise', () => {
    const faults = new Faults();
    faults.add(readFaultOrder({ on: 'create', action: 'status', status: 503 }));
    expect(faults.strike('create', 'received', {})).toMatchObject({ status: 503 });
    expect(faults.strike('create', 'received', {})).toBeUndefined();
  });

  it('strikes as often as it says, or until it is deleted', () => {
    const faults = new Faults();
    faults.add(readFaultOrder({ on: 'token', action: 'reset-after-read', times: 2 }));
    faults.add(readFaultOrder({ on: 'token', action: 'hold', ms: 5, times: null }));
    const actions = Array.from({ length: 5 }, () => faults.strike('token', 'received', {})?.action);
    expect(actions).toEqual(['reset-after-read', 'reset-after-read', 'hold', 'hold', 'hold']);
    expect(faults.list().map(({ struck, timesLeft }) => [struck, timesLeft])).toEqual([
      [2, 0],
      [3, null],
    ]);
    faults.clear();
    expect(faults.strike('token', 'received', {})).toBeUndefined();
  });

  it('strikes only where all of its facts are so, whatever the case', () => {
    const faults = new Faults();
    faults.add(readFaultOrder({ on: 'create', action: 'never-answer', match: { callId: 'ABC', attempt: 2 } }));
    expect(faults.strike('create', 'received', { callId: 'abc', attempt: 1 })).toBeUndefined();
    expect(faults.strike('create', 'received', { attempt: 2 })).toBeUndefined();
    expect(faults.strike('create', 'created', { callId: 'abc', attempt: 2 })).toBeUndefined();
    expect(faults.strike('end', 'received', { callId: 'abc', attempt: 2 })).toBeUndefined();
    expect(faults.strike('create', 'received', { callId: 'abc', attempt: 2 })).toBeDefined();
  });

  it('takes effect at the moment that its action means', () => {
    const faults = new Faults();
    faults.add(readFaultOrder({ on: 'create', action: 'create-then-reset' }));
    expect(faults.strike('create', 'received', {})).toBeUndefined();
    expect(faults.strike('create', 'created', {})).toBeDefined();
  });

  it('lets go of what is held when the faults are deleted', async () => {
    const faults = new Faults();
    const held = faults.pause(undefined);
    faults.clear();
    await held;
    await faults.pause(1);
  });

  it.each([
    [{ on: 'create', action: 'explode' }, /^action: must be one of/],
    [{ on: 'Graph', action: 'hold' }, /^on: must be one of/],
    [{ on: 'create', action: 'status' }, /^status: is required/],
    [{ on: 'create', action: 'kill' }, /^pid: is required/],
    [{ on: 'create', action: 'kill', pid: process.pid }, /^pid: is the simulator itself/],
    [{ on: 'create', action: 'kill', pid: 1 }, /^pid: /],
    [{ on: 'create', action: 'drop' }, /^action: drop works on callback only/],
    [{ on: 'callback', action: 'status', status: 500 }, /^action: status works on/],
    [{ on: 'create', action: 'create-then-500', when: 'received' }, /^when: create-then-500 on create happens at created only/],
    [{ on: 'token', action: 'hold', when: 'created' }, /^when: hold on token happens at received only/],
    [{ on: 'create', action: 'hold', match: { callid: 'x' } }, /^match.callid: is unknown/],
    [{ on: 'create', action: 'hold', millis: 5 }, /^millis: /],
    [{ on: 'create', action: 'hold', times: 0 }, /^times: /],
    [[], /^the body must be a JSON object/],
    [undefined, /^the body must be a JSON object/],
  ])('is refused when it makes no sense: %j', (raw, fault) => {
    expect(faultsOf(raw)).toEqual([expect.stringMatching(fault)]);
  });
});
