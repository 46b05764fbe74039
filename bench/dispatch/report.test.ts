import { reportOf, summaryOf, type DispatchFigures } from './report.js';

const figures: DispatchFigures = {
  latenciesMs: { obvious: [4, 5, 60], callbus: [10, 12.126, 90] },
  throughput: {
    obvious: { waiting: 100, callsPerSecond: 4 },
    obviousByPartition: { waiting: 1_000, callsPerSecond: 40 },
    callbus: { waiting: 1_000, callsPerSecond: 100 },
  },
};
const conditions = { answeredAfterMs: 200, partitions: 12, raisedLimits: { GRAPH_MAX_LIVE_CALLS: '100000' } };

it('sums up what callbus adds at p50, and its calls/s as a multiple of the default’s', () => {
  expect(summaryOf(figures)).toEqual({ bench: 'dispatch', addedP50Ms: 7.13, throughputRatio: 25 });
});

it('has the summary as the last line', () => {
  const lines = reportOf(figures, conditions).trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual(summaryOf(figures));
});

it('shows both systems with p50, p99, calls/s and how often callbus makes as many', () => {
  const text = reportOf(figures, conditions);
  expect(text).toMatch(/obvious stack +5\.0 +60\.0\n +callbus +12\.1 +90\.0\n/);
  expect(text).toMatch(
    /one message at a time +100 +4\.0 +25\.0\n.*Concurrently: 12 +1000 +40\.0 +2\.5\n +callbus +1000 +100\.0 +1\.0\n/,
  );
});

it('says which limits were raised', () => {
  expect(reportOf(figures, conditions)).toContain('Raised: GRAPH_MAX_LIVE_CALLS=100000');
});
