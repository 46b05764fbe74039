import { allQueries, readRules } from './kubernetes/monitoring.js';
import { selectorsOf } from './kubernetes/promql.js';
import { Metrics } from './support/metrics.js';
import { STACK_TIMEOUT_MS, StackForTests } from './support/stack-for-tests.js';

const SERVICES = ['gateway', 'call-dispatcher', 'notification-receiver', 'notification-sequencer'];
/** Labels whose values are all there from the start. */
const KNOWN_BEFOREHAND = ['status', 'outcome', 'result', 'limit'];
/** Prometheus' own. */
const UP = 'up';

let stack: StackForTests;
let scrapes: Metrics[];

beforeAll(async () => {
  stack = await StackForTests.start();
  scrapes = await Promise.all(SERVICES.map((service) => Metrics.of(stack, service)));
}, STACK_TIMEOUT_MS);

afterAll(() => stack.stop());

describe('what the services answer to Prometheus', () => {
  const recorded = readRules().map(({ record }) => record);
  const asked = allQueries().flatMap(({ by, expr }) => selectorsOf(expr).map((selector) => ({ by, ...selector })));
  const ofServices = asked.filter(({ metric }) => metric !== UP && !recorded.includes(metric));

  it('has every metric that a rule or a dashboard asks for', () => {
    const names = scrapes.flatMap((scrape) => [...scrape.names(), ...scrape.samples.map(({ name }) => name)]);
    // A histogram that nothing was observed of yet has its name only.
    const isThere = (metric: string): boolean =>
      names.includes(metric) || names.includes(metric.replace(/_(bucket|count|sum)$/, ''));
    expect(ofServices.filter(({ metric }) => !isThere(metric))).toEqual([]);
  });

  it('has every kind of them that is asked for by name', () => {
    const samples = scrapes.flatMap((scrape) => scrape.samples);
    const kinds = ofServices.flatMap(({ metric, values, by }) =>
      KNOWN_BEFOREHAND.flatMap((label) => (values[label] ?? []).map((value) => ({ by, metric, label, value }))),
    );
    expect(kinds.length).toBeGreaterThan(0);
    const isThere = ({ metric, label, value }: (typeof kinds)[number]): boolean =>
      samples.some(({ name, labels }) => name === metric && labels[label] === value);
    expect(kinds.filter((kind) => !isThere(kind))).toEqual([]);
  });
});
