import leven from 'leven';
import { CALL_LIMITS } from './call-limits.js';
import type { CallFault } from './model-faults.js';

/** What callbus is told beside a call, and where. A call has no annotations for it. */
const TOLD_ELSEWHERE: Readonly<Record<string, string>> = {
  notAfter: 'notAfter beside call, in a command on Kafka',
  ifUnknown: 'ifUnknown beside call, in a command on Kafka',
  appId: 'appId beside call, in a command on Kafka',
  callId: 'callId beside call, in a command on Kafka',
  tenantId: 'tenantId of the call',
  idempotencyKey: 'the header Idempotency-Key, over HTTP',
  wait: 'the header Prefer: wait=N, over HTTP',
};

/** More than these nobody mends at once; each is compared with all that there is. */
const MAX_FAULTS = 10;
const MAX_COMPARED_LENGTH = 64;

const OURS = /@callbus\./i;

/** An annotation of callbus, of a whole object or of one of its members: `@callbus.a`, `targets@callbus.a`. */
export function isOurAnnotation(name: string): boolean {
  return OURS.test(name);
}

/** Names every annotation of callbus, at any depth, with the nearest that there is. Graph would ignore it, and so the wish of its author. */
export function faultsOfAnnotations(call: object): CallFault[] {
  return annotationsIn(call, '', 1)
    .slice(0, MAX_FAULTS)
    .map((path) => ({ path, message: `is no annotation that callbus takes; the nearest that there is: ${nearest(path)}` }));
}

function annotationsIn(value: unknown, path: string, depth: number): string[] {
  if (typeof value !== 'object' || value === null || depth > CALL_LIMITS.depth) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = Array.isArray(value)
      ? `${path}[${name}]`
      : `${path === '' ? '' : `${path}.`}${name.slice(0, CALL_LIMITS.name)}`;
    return [...(isOurAnnotation(name) ? [inner] : []), ...annotationsIn(member, inner, depth + 1)];
  });
}

function nearest(path: string): string {
  const [, name = ''] = path.toLowerCase().split('@callbus.').slice(-2);
  const distanceTo = (known: string): number => leven(name.slice(0, MAX_COMPARED_LENGTH), known.toLowerCase());
  const [first = ''] = Object.keys(TOLD_ELSEWHERE).toSorted((a, b) => distanceTo(a) - distanceTo(b));
  return TOLD_ELSEWHERE[first] ?? '';
}
