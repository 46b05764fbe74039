import leven from 'leven';
import { CALL_LIMITS } from './call-limits.js';
import type { CallFault } from '../call-model/model-faults.js';

/** Options that callbus takes beside a call, and where each belongs. A call has no annotations for them. */
const TOLD_ELSEWHERE: Readonly<Record<string, string>> = {
  notAfter: 'notAfter beside call, in a command on Kafka',
  ifUnknown: 'ifUnknown beside call, in a command on Kafka',
  appId: 'appId beside call, in a command on Kafka',
  callId: 'callId beside call, in a command on Kafka',
  tenantId: 'tenantId of the call',
  idempotencyKey: 'the header Idempotency-Key, over HTTP',
  wait: 'the header Prefer: wait=N, over HTTP',
};

/** Those that decide whether a phone rings. Under their bare names too, a call that holds one is refused: Graph would ignore it. */
const NEVER_IN_A_CALL = ['notAfter', 'ifUnknown'];

/** Reports options of callbus among the members of a call, in any case of letters. */
export function faultsOfMisplacedOptions(call: object): CallFault[] {
  return Object.keys(call).flatMap((name) => {
    const option = NEVER_IN_A_CALL.find((one) => one.toLowerCase() === name.toLowerCase());
    return option === undefined ? [] : [{ path: name, message: `is no member of a call; it belongs ${placeOf(option)}` }];
  });
}

function placeOf(option: string): string {
  return (TOLD_ELSEWHERE[option] ?? '').replace(`${option} `, '');
}

/** Most annotations that are reported: nobody mends more at once, and each is compared with all options. */
const MAX_FAULTS = 10;
const MAX_COMPARED_LENGTH = 64;

const OURS = /@callbus\./i;

/** An annotation of callbus, of a whole object or of one of its members: `@callbus.a`, `targets@callbus.a`. */
export function isOurAnnotation(name: string): boolean {
  return OURS.test(name);
}

/**
 * Reports the annotations of callbus at any depth of a call, each with the nearest option that exists. Graph would ignore an
 * annotation, and its author would not learn that it has no effect.
 */
export function faultsOfAnnotations(call: object): CallFault[] {
  const paths: string[] = [];
  annotationsIn(call, [], paths);
  return paths.map((path) => ({
    path,
    message: `is no annotation that callbus takes; the nearest that there is: ${nearest(path)}`,
  }));
}

/** @param steps the path to the value; it becomes text only for a match, since a call may have very many members */
function annotationsIn(value: unknown, steps: (string | number)[], found: string[]): void {
  if (typeof value !== 'object' || value === null || steps.length >= CALL_LIMITS.depth) return;
  const names = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const name of names) {
    if (found.length === MAX_FAULTS) return;
    steps.push(name);
    if (typeof name === 'string' && isOurAnnotation(name)) found.push(pathOf(steps));
    annotationsIn(value[name as keyof typeof value], steps, found);
    steps.pop();
  }
}

function pathOf(steps: readonly (string | number)[]): string {
  const inWords = steps.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step.slice(0, CALL_LIMITS.name)}`));
  return inWords.join('').replace(/^\./, '');
}

function nearest(path: string): string {
  const [, name = ''] = path.toLowerCase().split('@callbus.').slice(-2);
  const distanceTo = (known: string): number => leven(name.slice(0, MAX_COMPARED_LENGTH), known.toLowerCase());
  const [first = ''] = Object.keys(TOLD_ELSEWHERE).toSorted((a, b) => distanceTo(a) - distanceTo(b));
  return TOLD_ELSEWHERE[first] ?? '';
}
