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
 * What the process knows of its own fitness. Readiness: whether to give it work now. Liveness: whether it can go on at all;
 * nothing that another system can mend belongs there, since a restart would mend nothing.
 */
export class Health {
  private readonly readiness = new Map<string, () => Condition>();
  private readonly liveness = new Map<string, () => Condition>();
  private hasStarted = false;
  private describeStart: () => string | undefined = () => undefined;
  private drains = false;

  addReadiness(name: string, check: () => Condition): void {
    this.readiness.set(name, check);
  }

  addLiveness(name: string, check: () => Condition): void {
    this.liveness.set(name, check);
  }

  /** @param describe returns the start's current step and what it waits for */
  starting(describe: () => string | undefined): void {
    this.describeStart = describe;
  }

  /** The start is over: from now on the other conditions say whether the process is ready. */
  started(): void {
    this.hasStarted = true;
  }

  /** From now on the process is not ready: it is shutting down. */
  drain(): void {
    this.drains = true;
  }

  isDraining(): boolean {
    return this.drains;
  }

  /** Whether the start is over, once and for all. */
  startup(): HealthReport {
    return reportOf(new Map([['started', () => this.start()]]));
  }

  ready(): HealthReport {
    const draining: Condition = { ok: false, reason: 'the process is shutting down' };
    return reportOf(
      new Map([
        ['started', () => this.start()],
        ...this.readiness,
        ...(this.drains ? [['draining', () => draining] as const] : []),
      ]),
    );
  }

  /** Whatever answers this has an event loop that turns. */
  live(): HealthReport {
    return reportOf(this.liveness);
  }

  private start(): Condition {
    if (this.hasStarted) return { ok: true };
    return { ok: false, reason: this.describeStart() ?? 'the service is still starting' };
  }
}

function reportOf(checks: ReadonlyMap<string, () => Condition>): HealthReport {
  const conditions = Object.fromEntries([...checks].map(([name, check]) => [name, check()]));
  return { ok: Object.values(conditions).every((condition) => condition.ok), conditions };
}
