import { hangUpSteps, stepsOf, type CallScript } from './call-script.js';

const script: CallScript = {
  establishMs: 10,
  ringMs: 100,
  answer: 'answered',
  talkMs: 1_000,
  hangUpMs: 20,
  audioActive: false,
  roster: [],
};
const shown = (change: Partial<CallScript>, kind: 'peer' | 'group' | 'meeting' | 'pstn' = 'peer') =>
  stepsOf({ ...script, ...change }, kind).map(({ show, afterMs }) => [show, afterMs]);

describe('stepsOf', () => {
  it('plays a call between two: it is answered, lasts, and ends', () => {
    expect(shown({})).toEqual([
      ['establishing', 10],
      ['established', 100],
      ['terminating', 1_000],
      ['terminated', 20],
    ]);
    expect(shown({}, 'pstn')).toEqual(shown({}));
  });

  it.each(['group', 'meeting'] as const)('tells in a %s who is there, once it is established', (kind) => {
    expect(shown({}, kind).map(([show]) => show)).toEqual(['establishing', 'established', 'roster', 'terminating', 'terminated']);
  });

  it('puts changes of the roster in the order of their times, and leaves out those after the end', () => {
    const roster = [{ afterMs: 600, crowd: 1 }, { afterMs: 200, crowd: 2 }, { afterMs: 5_000 }];
    const steps = stepsOf({ ...script, roster }, 'group');
    expect(steps.map(({ show, afterMs }) => [show, afterMs])).toEqual([
      ['establishing', 10],
      ['established', 100],
      ['roster', 0],
      ['roster', 200],
      ['roster', 400],
      ['terminating', 400],
      ['terminated', 20],
    ]);
    expect(steps[3]).toMatchObject({ change: { crowd: 2 } });
    expect(shown({ roster })).toEqual(shown({}));
  });

  it('tells of active audio if the script says so', () => {
    expect(shown({ audioActive: true }).map(([show]) => show)).toEqual([
      'establishing',
      'established',
      'audio-active',
      'terminating',
      'terminated',
    ]);
  });

  it('lets a call last until it is hung up', () => {
    expect(shown({ talkMs: null }, 'group').map(([show]) => show)).toEqual(['establishing', 'established', 'roster']);
  });

  it.each([
    ['rejected', 10199],
    ['unanswered', 10057],
  ] as const)('goes straight to the end when the call is %s', (answer, subcode) => {
    const steps = stepsOf({ ...script, answer }, 'group');
    expect(steps.map(({ show }) => show)).toEqual(['establishing', 'terminated']);
    expect(steps[1]).toMatchObject({ afterMs: 100, result: { subcode } });
  });

  it('ends with the result that the script gives, else with one that fits', () => {
    const result = { code: 500, subcode: 7106, message: 'm' };
    expect(stepsOf({ ...script, result }, 'peer').at(-1)).toMatchObject({ result });
    expect(stepsOf(script, 'peer').at(-1)).toMatchObject({ result: { code: 200, subcode: 4521 } });
    expect(stepsOf(script, 'meeting').at(-1)).toMatchObject({ result: { code: 200, subcode: 5001 } });
    expect(hangUpSteps(script)).toMatchObject([
      { show: 'terminating' },
      { show: 'terminated', afterMs: 20, result: { subcode: 7000 } },
    ]);
  });
});
