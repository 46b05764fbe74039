import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ALERT_CASES, type AlertCase } from './alert-cases.js';
import { readRules, RULES_FILE } from './monitoring.js';
import { promtool } from './promtool.js';

const alerts = readRules().filter(({ alert }) => alert !== undefined);

it('has a case for every alert', () => {
  const named = (alert = '', window?: string): string => [alert, window].join(' ').trim();
  expect(ALERT_CASES.map(({ alert, window }) => named(alert, window)).toSorted()).toEqual(
    alerts.map(({ alert, labels }) => named(alert, labels['window'])).toSorted(),
  );
});

describe.each(alerts)('$alert', ({ alert = '', labels, annotations }) => {
  it('says how urgent it is, what it means and where to read on', () => {
    expect(labels['severity']).toMatch(/^(critical|warning)$/);
    expect(annotations).toEqual({
      summary: expect.any(String),
      description: expect.any(String),
      runbook_url: `docs/operations.md#${alert.toLowerCase()}`,
    });
  });
});

const judge = promtool();
(judge === null ? describe.skip : describe)('promtool', () => {
  it('finds the rules well-formed', () => {
    judge?.(['check', 'rules', RULES_FILE]);
  });

  it('sees every alert fire, and none just under its bound', () => {
    const tests = ALERT_CASES.flatMap((one) => [testOf(one, 'fires'), testOf(one, 'quiet')]);
    const folder = mkdtempSync(join(tmpdir(), 'callbus-alerts-'));
    const file = join(folder, 'test.yaml');
    writeFileSync(file, stringify({ rule_files: [RULES_FILE], evaluation_interval: '1m', tests }));
    try {
      judge?.(['test', 'rules', file]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});

/** As promtool wants it. */
function testOf(one: AlertCase, kind: 'fires' | 'quiet'): object {
  const { alert, window, after } = one;
  const labels = `alertname="${alert}",alertstate="firing"${window === undefined ? '' : `,window="${window}"`}`;
  return {
    name: `${alert} ${kind}`,
    interval: '15s',
    input_series: Object.entries(one[kind]).map(([series, values]) => ({ series, values })),
    promql_expr_test: [
      {
        expr: `min by (alertname) (ALERTS{${labels}})`,
        eval_time: after,
        exp_samples: kind === 'fires' ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [],
      },
    ],
  };
}
