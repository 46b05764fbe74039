/** Whether one part of a process is fit for work; `reason` says what is being waited for when it is not. */
export interface Condition {
  readonly ok: boolean;
  readonly reason?: string;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly conditions: Readonly<Record<string, Condition>>;
}

/**
 * What the process knows of its own fitness. Readiness asks every named condition;
 * a part that is still starting registers itself as not ok and says when it is.
 */
export class Health {
  private readonly readiness = new Map<string, () => Condition>();
  private readonly liveness = new Map<string, () => Condition>();
  private isDraining = false;

  addReadiness(name: string, check: () => Condition): void {
    this.readiness.set(name, check);
  }

  addLiveness(name: string, check: () => Condition): void {
    this.liveness.set(name, check);
  }

  /** From now on the process is not ready: it is shutting down. */
  drain(): void {
    this.isDraining = true;
  }

  ready(): HealthReport {
    const report = reportOf(this.readiness);
    if (!this.isDraining) return report;
    return { ok: false, conditions: { ...report.conditions, draining: { ok: false, reason: 'the process is shutting down' } } };
  }

  live(): HealthReport {
    return reportOf(this.liveness);
  }
}

function reportOf(checks: ReadonlyMap<string, () => Condition>): HealthReport {
  const conditions = Object.fromEntries([...checks].map(([name, check]) => [name, check()]));
  return { ok: Object.values(conditions).every((condition) => condition.ok), conditions };
}
