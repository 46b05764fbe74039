import { reportOf, summaryOf, type HistoryFigures } from './report.js';

const figures: HistoryFigures = {
  folding: {
    calls: 50_000,
    observations: 1_000_000,
    seconds: 80,
    residentBeforeMb: 100,
    residentAfterMb: 240.4,
    residentPeakMb: 251,
  },
  recovery: { liveCalls: 100_000, snapshotBytes: 2_000, readySeconds: 2, firstEventSeconds: 6.789 },
};

it('sums up what is folded in a second, what memory grew by, and what recovery took until the first event', () => {
  expect(summaryOf(figures)).toEqual({
    bench: 'history',
    observationsPerSecond: 12_500,
    rssGrowthMb: 140,
    recoverySeconds: 6.79,
  });
});

it('has the summary as the last line', () => {
  const lines = reportOf(figures).trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual(summaryOf(figures));
});

it('says what is wanted beside what was measured', () => {
  expect(reportOf(figures)).toMatch(/observations\/s +12500 +wanted: at least 10000\n/);
  expect(reportOf(figures)).toMatch(/growth +140 +wanted: at most 200\n/);
  expect(reportOf(figures)).toMatch(/first event +6\.79 +wanted: at most 10\n/);
});
