import { reportOf, summaryOf } from './report.js';

const loads = (...rates: number[]) => rates.map((answeredPerSecond) => ({ answeredPerSecond, p99Ms: 10 }));
const figures = {
  post: { gateway: loads(900, 1_000, 100), minimal: loads(200, 300), bare: loads(1_500) },
  get: { gateway: loads(3_000), bare: loads(4_000) },
};

it('compares the medians of the rounds', () => {
  expect(summaryOf(figures)).toEqual({ bench: 'gateway', vsMinimal: 3.6, vsBare: 0.6, getVsBare: 0.75 });
});

it('ends with the summary as JSON', () => {
  const report = reportOf(figures, { seconds: 6, rounds: 3, connections: 100, calls: 1_000 });
  expect(JSON.parse(report.trimEnd().split('\n').at(-1) ?? '')).toEqual(summaryOf(figures));
});
