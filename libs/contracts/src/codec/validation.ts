import { validateSync, type ValidationError } from 'class-validator';
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
