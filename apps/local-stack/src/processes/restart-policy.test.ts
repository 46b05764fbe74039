import { restartDecision } from './restart-policy.js';

describe('restartDecision', () => {
  it('waits longer after each start that failed and gives up after five', () => {
    const delays = [0, 1, 2, 3, 4, 5].map((failed) => {
      const decision = restartDecision(failed);
      return decision.isRestarted ? decision.delayMs : 'gives up';
    });
    expect(delays).toEqual([200, 400, 800, 1600, 3200, 'gives up']);
  });
});
