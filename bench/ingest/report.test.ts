import { reportOf, summaryOf } from './report.js';

const loads = (...rates: number[]) => rates.map((acceptedPerSecond, index) => ({ acceptedPerSecond, p99Ms: 10 * (index + 1) }));
const figures = { receiver: loads(900, 1_000, 100), obvious: loads(200, 300), bare: loads(1_500) };

it('compares the medians of the rounds', () => {
  expect(summaryOf(figures)).toEqual({ bench: 'ingest', vsObvious: 3.6, vsBare: 0.6, p99Ms: 20, obviousP99Ms: 15 });
});

it('ends with the summary as JSON', () => {
  const report = reportOf(figures, { seconds: 6, rounds: 3, connections: 100, calls: 1_000 });
  expect(JSON.parse(report.trimEnd().split('\n').at(-1) ?? '')).toEqual(summaryOf(figures));
});
