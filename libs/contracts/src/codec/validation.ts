import { ValidateBy, ValidateIf, validateSync, type ValidationError } from 'class-validator';
import { ContractError, type ContractErrorCode } from '../errors.js';
import { passesRules } from './passes-rules.js';

/**
 * Checks plain data against a message class; the data itself is returned unchanged, so unknown members survive.
 * @throws ContractError with `code` and every fault's path
 */
export function checkedAs<T extends object>(type: new () => T, data: unknown, code: ContractErrorCode = 'INVALID_MESSAGE'): T {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new ContractError(code, 'The data is not an object.');
  const instance = instanceOf(type, data);
  if (passesRules(type, instance)) return data as T;
  const faults = validateSync(instance, { forbidUnknownValues: false }).flatMap((error) => faultsOf(error, ''));
  if (faults.length > 0) throw new ContractError(code, `${faults.join('; ')}.`);
  return data as T;
}

/** The data as one of the class, for the rules to be looked up. The objects in it stay plain: rules of theirs describe them only. */
function instanceOf<T extends object>(type: new () => T, data: object): T {
  const instance = new type();
  for (const [name, value] of Object.entries(data)) if (!UNTAKEN.has(name)) Reflect.set(instance, name, value);
  return instance;
}

/** Through these, data from outside would change whose rules count. */
const UNTAKEN: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

function faultsOf(error: ValidationError, parent: string): string[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  return [
    ...Object.values(error.constraints ?? {}).map((message) => `${path}: ${message}`),
    ...(error.children ?? []).flatMap((child) => faultsOf(child, path)),
  ];
}

/** The member is there and may be null, which says something: that nobody knows it, or that there is none. */
export function IsNullable(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== null);
}

/** A member that holds an object which keeps the rules of this class. class-validator's own ValidateNested asks nothing of plain objects. */
export function IsLike(type: new () => object): PropertyDecorator {
  return ValidateBy(
    { name: 'isLike', constraints: [type], validator: { validate: (value) => faultOf(type, value) === null } },
    { message: ({ value }) => `must be as it is written: ${faultOf(type, value) ?? ''}` },
  );
}

function faultOf(type: new () => object, value: unknown): string | null {
  try {
    checkedAs(type, value);
    return null;
  } catch (error) {
    if (error instanceof ContractError) return error.message;
    throw error;
  }
}
