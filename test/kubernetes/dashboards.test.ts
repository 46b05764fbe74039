import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { queriesOf, readDashboards } from './monitoring.js';
import { selectorsOf } from './promql.js';

const dashboards = readDashboards();

it('ships every dashboard, each under a name of its own', () => {
  const file = join(PROJECT_ROOT, 'k8s', 'components', 'prometheus', 'kustomization.yaml');
  const { configMapGenerator } = parse(readFileSync(file, 'utf8')) as { configMapGenerator: { files: string[] }[] };
  expect(configMapGenerator[0]?.files.toSorted()).toEqual(dashboards.map((one) => `dashboards/${one.file}`).toSorted());
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
});

describe.each(dashboards)('$file', (dashboard) => {
  const { panels } = dashboard;

  it('asks Prometheus what it understands, of the namespace that was chosen', () => {
    for (const { by, expr } of queriesOf(dashboard)) {
      const [first] = selectorsOf(expr);
      expect([by, first?.values['namespace']]).toEqual([by, ['$namespace']]);
    }
  });

  it('says what each panel shows', () => {
    for (const { title, description } of panels)
      expect([title, description]).toEqual([expect.anything(), expect.stringMatching(/./)]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('has no panel upon another', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});
