import { relative } from 'node:path';
import type { StackPlaces } from '../places.js';
import type { StackFile } from '../stack-file.js';

/** What people want to know of a stack that has just started: where things are. */
export function welcome(file: StackFile, places: StackPlaces): string {
  const shown = (path: string): string => relative(process.cwd(), path) || path;
  const rows: readonly (readonly [string, string])[] = [
    ['gateway', `${file.gateway.url}/v1.0/communications/calls`],
    ['Kafka', file.kafka.brokers.join(',')],
    ...(file.simulator === undefined ? [] : [['Graph simulator', `${file.simulator.url}/simulator/posts`] as const]),
    ['all addresses, a caller’s credentials', shown(places.stackFile)],
    ['certificate authority', shown(file.ca)],
    ['logs', shown(places.logs)],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  return rows.map(([title, value]) => `  ${title.padEnd(width)}  ${value}`).join('\n');
}
