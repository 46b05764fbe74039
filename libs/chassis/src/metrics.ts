import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Health } from './health.js';

/** The metrics of a process: those of Node, which build it is, and whether it is ready. What the service does adds its own. */
export function processMetrics(service: string, health: Pick<Health, 'ready'>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addGauge(registry, 'nodejs_heap_size_limit_bytes', 'Heap that the process may use', () => getHeapStatistics().heap_size_limit);
  addGauge(registry, 'callbus_ready', 'Whether the process is ready: 1 or 0', () => Number(health.ready().ok));
  new Gauge({
    name: 'callbus_build_info',
    help: 'Always 1; the labels say which build of which service this is',
    labelNames: ['version', 'service'],
    registers: [registry],
  }).set({ version: version(), service }, 1);
  return registry;
}

/** A gauge whose value is read when somebody asks for it. */
export function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** A counter with one label, every value of which is there from the start: so the first of a kind is an increase too. */
export function addCounter<Value extends string>(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: readonly Value[],
): (value: Value) => void {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  for (const value of values) counter.inc({ [label]: value }, 0);
  return (value) => {
    counter.inc({ [label]: value });
  };
}

/** All packages of a build have one version. */
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
