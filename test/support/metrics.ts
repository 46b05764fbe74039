import type { StackForTests } from './stack-for-tests.js';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a service answers to Prometheus. */
export class Metrics {
  private constructor(
    /** As it came. */
    readonly text: string,
    readonly samples: readonly Sample[],
  ) {}

  /** @param kind of the service, as `gateway`: its first process */
  static async of(stack: StackForTests, kind: string): Promise<Metrics> {
    const process = stack.current().processes.find(({ name }) => name.startsWith(kind));
    return await Metrics.at(process?.managementUrl ?? '');
  }

  static async at(managementUrl: string): Promise<Metrics> {
    const response = await fetch(`${managementUrl}/metrics`);
    const text = await response.text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Metrics(text, lines.map(sampleOf));
  }

  names(): string[] {
    return [...this.text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
  }

  /** The sum of the samples of this name that have these labels. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.samples
      .filter(
        (sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )
      .reduce((sum, { value }) => sum + value, 0);
  }
}

function sampleOf(line: string): Sample {
  const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  return {
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [label, text]),
    ),
    value: Number(value),
  };
}
