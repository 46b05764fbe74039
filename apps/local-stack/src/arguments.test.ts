import { parseArguments } from './arguments.js';

describe('parseArguments', () => {
  it('starts one of each with the simulator when nothing is said', () => {
    expect(parseArguments([])).toEqual({
      hasDemo: false,
      isOnce: false,
      example: 1,
      graph: 'simulator',
      ports: undefined,
      restart: 'auto',
      counts: { dispatchers: 1, receivers: 1, sequencers: 1 },
    });
  });

  it('reads every option', () => {
    const line =
      '--demo --once --example 5 --graph real --ports auto --restart manual --dispatchers 2 --receivers 3 --sequencers 4';
    expect(parseArguments(line.split(' '))).toEqual({
      hasDemo: true,
      isOnce: true,
      example: 5,
      graph: 'real',
      ports: 'auto',
      restart: 'manual',
      counts: { dispatchers: 2, receivers: 3, sequencers: 4 },
    });
  });

  it.each([
    '--example 9',
    '--example one',
    '--graph other',
    '--ports 3000',
    '--dispatchers 0',
    '--receivers 1.5',
    '--twice',
    'demo',
    '--once',
  ])('refuses «%s» and shows what there is', (line) => {
    expect(() => parseArguments(line.split(' '))).toThrow(/npm run stack/);
  });
});
