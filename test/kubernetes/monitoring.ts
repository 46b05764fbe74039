import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const FOLDER = join(PROJECT_ROOT, 'k8s', 'components', 'prometheus');
export const RULES_FILE = join(FOLDER, 'rules.yaml');

export function readRules(): Rule[] {
  const { groups } = parse(readFileSync(RULES_FILE, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export function readDashboards(): Dashboard[] {
  return globSync('dashboards/*.json', { cwd: FOLDER }).map((path) => ({
    ...(JSON.parse(readFileSync(join(FOLDER, path), 'utf8')) as Dashboard),
    file: basename(path),
  }));
}

export interface Query {
  /** The rule or panel that asks. */
  readonly by: string;
  readonly expr: string;
}

/** Whatever the rules and dashboards ask Prometheus. */
export function allQueries(): Query[] {
  const rules = readRules().map(({ alert, record, expr }) => ({ by: alert ?? record ?? '', expr }));
  return [...rules, ...readDashboards().flatMap(queriesOf)];
}

/** As Prometheus gets them: Grafana puts in an interval. */
export function queriesOf({ file, panels }: Dashboard): Query[] {
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ by: `${file}, ${title}`, expr: expr.replaceAll('$__rate_interval', '1m') })),
  );
}
