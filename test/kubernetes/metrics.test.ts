import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { REFUSALS } from '../../apps/notification-ingest/src/receiver/refusals/refusals.js';
import { allQueries, readRules } from './monitoring.js';
import { labelsOf, selectorsOf } from './promql.js';

/** That Prometheus itself gives to whatever it scrapes; what Node gives of itself is looked for in a live scrape. */
const OF_THE_TARGET = ['namespace', 'job', 'instance'];
const NOT_OURS = /^(up|process_\w+|nodejs_(?!heap_size_limit)\w+)$/;

/** Metric → its labels, as docs/metrics.md has them of the code. */
const metrics = new Map(
  [...readFileSync(join(PROJECT_ROOT, 'docs', 'metrics.md'), 'utf8').matchAll(/^\| `(\w+)` +\| (\w+) +\| ([^|]*)\|/gm)].flatMap(
    ([, name = '', kind, labels = '']) => {
      const names = kind === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
      const own = [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
      return names.map((one) => [one, kind === 'histogram' ? [...own, 'le'] : own] as const);
    },
  ),
);
const recorded = new Map(
  readRules().flatMap(({ record, expr }) => (record === undefined ? [] : [[record, labelsOf(expr)] as const])),
);
const labelsByMetric = new Map([...metrics, ...recorded]);

it.each(allQueries())('$by asks for what there is', ({ expr }) => {
  const asked = selectorsOf(expr).map(({ metric }) => metric);
  expect(asked.filter((metric) => !labelsByMetric.has(metric) && !NOT_OURS.test(metric))).toEqual([]);
  const known = [...OF_THE_TARGET, ...asked.flatMap((metric) => labelsByMetric.get(metric) ?? [])];
  expect(labelsOf(expr).filter((label) => !known.includes(label))).toEqual([]);
});

it('leaves out of the lost callbacks what the receiver knows by these names', () => {
  const results = readRules().flatMap(({ expr }) => selectorsOf(expr).flatMap(({ values }) => values['result'] ?? []));
  expect(results.filter((result) => result !== 'accepted' && !Object.hasOwn(REFUSALS, result))).toEqual([]);
});
