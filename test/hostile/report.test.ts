import { latencyOf, memoryOfService, percentile } from './report.js';

it('takes the nearest rank as a percentile', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile([7], 0.99), percentile([], 0.99)]).toEqual([
    100, 198, 7, 0,
  ]);
});

it('tells the latencies of each kind and phase apart', () => {
  const samples = [
    { kind: 'calls', phase: 'quiet', ms: 1 },
    { kind: 'calls', phase: 'hostile', ms: 3 },
    { kind: 'callbacks', phase: 'hostile', ms: 9 },
  ] as const;
  expect(latencyOf(samples, 'calls', 'hostile')).toEqual({ count: 1, p50Ms: 3, p90Ms: 3, p99Ms: 3 });
});

it('compares the last time with rogues to the first', () => {
  const windows = [
    [100, 102, 101],
    [300, 110, 111],
  ];
  expect(memoryOfService(windows, 512)).toEqual({ firstMb: 101, lastMb: 111, mostMb: 300, limitMb: 512 });
});
