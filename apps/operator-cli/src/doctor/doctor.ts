import type { CallKind } from '@callbus/graph';
import type { Installation } from '../installation/installation.js';
import type { Report } from '../screen/report.js';
import { authorityClockFindings, callbackWayFindings } from './callback-way.js';
import { callerFindings } from './caller-findings.js';
import type { Finding } from './finding.js';
import { graphFindings } from './graph-findings.js';
import { kafkaFindings } from './kafka-findings.js';

export interface DoctorOptions {
  readonly tenants: readonly string[];
  readonly kinds: readonly CallKind[];
  /** Writes nothing, and so does not know the broker's clock. */
  readonly isReadOnly: boolean;
}

/** Looks at everything that this installation needs, whatever it finds on the way. */
export async function doctor(installation: Installation, { tenants, kinds, isReadOnly }: DoctorOptions): Promise<Report> {
  const { settings } = installation;
  const all = await Promise.all([
    kafkaFindings(installation, isReadOnly),
    graphFindings(settings, { tenants, kinds }),
    callbackWayFindings(settings),
    authorityClockFindings(settings),
  ]);
  const findings = [...all.flat(), ...callerFindings(settings)];
  return { data: { findings }, lines: doctorLines(findings), isWell: !findings.some(({ verdict }) => verdict === 'failed') };
}

export function doctorLines(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ verdict, check, found, advice }) => [
    `${verdict.padEnd('skipped'.length)}  ${check.padEnd(width)}  ${found}`,
    ...(advice === '' ? [] : [`${' '.repeat('skipped'.length)}  → ${advice}`]),
  ]);
  const count = (verdict: Finding['verdict']): number => findings.filter((one) => one.verdict === verdict).length;
  const wrong = count('failed');
  const rest = `warnings: ${count('warning')}, not looked at: ${count('skipped')}`;
  return [...lines, '', wrong === 0 ? `Nothing is wrong (${rest}).` : `Wrong: ${wrong} of ${findings.length} (${rest}).`];
}
