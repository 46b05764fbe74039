/** What is wrong with one environment variable, in words that say what to do. */
export interface ConfigFault {
  readonly variable: string;
  readonly message: string;
}

/** Thrown once with every fault of an environment, so that one start shows all there is to mend. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly ConfigFault[]) {
    super(`The configuration has ${faults.length} fault(s):\n${faults.map((f) => `  ${f.variable}: ${f.message}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}
