import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { CALL_LIMITS, faultsOfSize } from './call-limits.js';
import { Call } from '../call-model/call-model.js';
import { faultsAcrossMembers } from './call-rules.js';
import { isObject, type JsonObject } from '../json-value.js';
import { faultsOfModel, type CallFault } from '../call-model/model-faults.js';
import { memberNamesOf, schemaOf } from '../call-model/model-schema.js';
import { faultsOfAnnotations, faultsOfMisplacedOptions } from './our-annotations.js';
import { TEXT_FORMATS } from '../call-model/text-formats.js';
import { READ_ONLY_MEMBERS } from './to-graph-call.js';

/** More than these nobody mends at once, and whatever tells of them stays small. */
const MAX_FAULTS = 100;

/**
 * Checks a create call's body against Call, the rules that span members, and the limits of size. Total: any JSON value gives a
 * list, empty when the call is valid. Every fault is reported at once, up to MAX_FAULTS; a call that is too large is not searched
 * for annotations of ours. The input is not changed; members that an open type does not know are ignored.
 * @param maxBytes of the whole call as canonical JSON
 */
export function validateCall(raw: unknown, maxBytes: number = CALL_LIMITS.bytes): CallFault[] {
  if (!isObject(raw)) return [{ path: '$', message: 'must be an object, the call resource of Graph' }];
  const wrapped = wrappedPath(raw);
  if (wrapped !== null) return [{ path: wrapped, message: WRAPPED }];
  const ofRules = [
    ...(fitsSchema(raw) ? [] : faultsOfModel(Call, raw)),
    ...faultsOfSpelling(raw),
    ...faultsOfMisplacedOptions(raw),
    ...faultsAcrossMembers(raw),
  ];
  const ofSize = faultsOfSize(raw, maxBytes);
  // The search goes through all of a call, so it is left out for a call that is too large.
  const ofAnnotations = ofSize.length > 0 ? [] : faultsOfAnnotations(raw);
  const faults = [...ofRules, ...ofAnnotations, ...ofSize.filter(({ path }) => !ofRules.some((one) => one.path === path))];
  if (faults.length <= MAX_FAULTS) return faults;
  return [...faults.slice(0, MAX_FAULTS), { path: '$', message: `has ${faults.length - MAX_FAULTS} more faults` }];
}

const REFERENCES = ['$id', '$ref', '$values'];
const WRAPPED =
  'has $id, $ref or $values: its serializer keeps references. Turn that off (PreserveReferencesHandling in Newtonsoft.Json, ReferenceHandler in System.Text.Json)';

/**
 * The first object with members of such a serializer, which wraps every object of a call or none; so only the call and its own
 * members are looked at. Where another sender uses these names, the rules of each member report them.
 */
function wrappedPath(call: JsonObject): string | null {
  const isWrapped = (value: unknown): boolean => isObject(value) && REFERENCES.some((name) => Object.hasOwn(value, name));
  return isWrapped(call) ? '$' : (Object.keys(call).find((name) => isWrapped(call[name])) ?? null);
}

let spellings: ReadonlyMap<string, string> | undefined;

/**
 * Nobody documents whether Graph tells `CallbackUri` from `callbackUri`. If it does not, a name that differs from one of the call's own
 * by its case only would be a member that none of our rules has seen.
 */
function faultsOfSpelling(call: JsonObject): CallFault[] {
  spellings ??= new Map([...memberNamesOf(Call), ...READ_ONLY_MEMBERS, 'callbackUri'].map((name) => [name.toLowerCase(), name]));
  return Object.keys(call).flatMap((name) => {
    const spelling = spellings?.get(name.toLowerCase()) ?? name;
    return spelling === name ? [] : [{ path: name, message: `must be spelled ${spelling}, or be left out` }];
  });
}

let compiled: ValidateFunction | undefined;

/** The fast path for calls without fault: the schema of Call's classes, compiled. It knows that there is a fault, class-validator which. */
export function fitsSchema(raw: unknown): boolean {
  compiled ??= new Ajv2020({
    strict: false,
    // A schema of ours needs no check of its own.
    meta: false,
    validateSchema: false,
    discriminator: true,
    ownProperties: true,
    // Compiles three times as fast.
    inlineRefs: false,
    formats: TEXT_FORMATS,
  }).compile(schemaOf(Call));
  return compiled(raw);
}
