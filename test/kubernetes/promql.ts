import { parser } from '@prometheus-io/lezer-promql';

/** What an expression asks of one metric. */
export interface Selector {
  readonly metric: string;
  /** Of matchers of equality or of regular expressions: label → the values that are named. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** The labels that an expression groups, matches or selects by. */
export function labelsOf(expression: string): string[] {
  const labels: string[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to }) {
      if (name === 'LabelName') labels.push(expression.slice(from, to));
    },
  });
  return labels;
}

/** @throws Error for what is no PromQL */
export function selectorsOf(expression: string): Selector[] {
  const text = (node: { readonly from: number; readonly to: number }): string => expression.slice(node.from, node.to);
  const selectors: Selector[] = [];
  parser.parse(expression).iterate({
    enter(ref) {
      if (ref.type.isError) throw new Error(`no PromQL at ${String(ref.from)}: ${expression}`);
      if (ref.name !== 'VectorSelector') return;
      const name = ref.node.getChild('Identifier');
      if (name === null) throw new Error(`a selector without a metric: ${text(ref)}`);
      const matchers = ref.node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      const values = matchers.map((matcher) => {
        const [label, value] = [matcher.getChild('LabelName'), matcher.getChild('StringLiteral')];
        if (label === null || value === null) throw new Error(`a matcher that is not understood: ${text(matcher)}`);
        return [text(label), text(value).slice(1, -1).split('|')] as const;
      });
      selectors.push({ metric: text(name), values: Object.fromEntries(values) });
    },
  });
  return selectors;
}
