import { isObject } from '../json-value.js';
import { MAX_LIST_LENGTH } from '../call-model/model-member.js';
import type { CallFault } from '../call-model/model-faults.js';

/**
 * Limits for each part of a create, known and unknown members alike, because every process keeps waiting calls in memory.
 * Each limit is far above Microsoft's examples; docs/calls.md lists them.
 */
export const CALL_LIMITS = {
  /** Bytes of the whole call as canonical JSON; the default of CALL_MAX_BYTES. */
  bytes: 64 * 1_024,
  /** Levels of nesting. */
  depth: 20,
  /** Elements of a list, and members of an object. */
  entries: MAX_LIST_LENGTH,
  /** Characters of a member's name. */
  name: 256,
  /** Characters of a text. */
  text: 4_096,
  /** Characters of texts that are longer in practice: media sessions, meeting tokens and signed addresses. */
  longText: new Map([
    ['blob', 32 * 1_024],
    ['token', 16 * 1_024],
    ['uri', 8 * 1_024],
  ]),
} as const;

/** Longest path in a fault. The caller chooses the names in a path, so faults must cut it. */
const SHOWN_PATH_LENGTH = 128;

/** Names all parts of a call that are too large; if there are none, checks the size of the whole. @param maxBytes limit of the whole call */
export function faultsOfSize(call: object, maxBytes: number): CallFault[] {
  const ofParts = faultsIn(call, '', '', 1);
  if (ofParts.length > 0) return ofParts;
  // Canonical JSON (RFC 8785) only reorders members, so it has the same length.
  const bytes = Buffer.byteLength(JSON.stringify(call));
  return bytes > maxBytes ? [{ path: '$', message: `must be at most ${maxBytes} bytes of JSON, but has ${bytes}` }] : [];
}

function faultsIn(value: unknown, member: string, path: string, depth: number): CallFault[] {
  if (typeof value === 'string') {
    const longest = CALL_LIMITS.longText.get(member) ?? CALL_LIMITS.text;
    return value.length > longest ? [fault(path, `must be at most ${longest} characters`)] : [];
  }
  if (Array.isArray(value)) {
    if (value.length > CALL_LIMITS.entries) return [fault(path, `must be a list of at most ${CALL_LIMITS.entries}`)];
    return tooDeep(depth, path) ?? value.flatMap((element, index) => faultsIn(element, member, `${path}[${index}]`, depth + 1));
  }
  if (!isObject(value)) return [];
  const members = Object.entries(value);
  if (members.length > CALL_LIMITS.entries) return [fault(path, `must have at most ${CALL_LIMITS.entries} members`)];
  return (
    tooDeep(depth, path) ??
    members.flatMap(([name, inner]) => {
      const innerPath = path === '' ? name : `${path}.${name}`;
      if (name.length > CALL_LIMITS.name) return [fault(innerPath, `must have a name of at most ${CALL_LIMITS.name} characters`)];
      return faultsIn(inner, name, innerPath, depth + 1);
    })
  );
}

function tooDeep(depth: number, path: string): CallFault[] | null {
  return depth > CALL_LIMITS.depth ? [fault(path, `must nest at most ${CALL_LIMITS.depth} levels deep`)] : null;
}

function fault(path: string, message: string): CallFault {
  const shown = path.length > SHOWN_PATH_LENGTH ? `${path.slice(0, SHOWN_PATH_LENGTH)}…` : path;
  return { path: shown === '' ? '$' : shown, message };
}
