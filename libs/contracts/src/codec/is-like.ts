import { ValidateBy } from 'class-validator';
import { ContractError } from '../errors.js';
import { checkedAs } from './validation.js';

/** A member that holds an object which keeps the rules of this class. class-validator's own ValidateNested asks nothing of plain objects. */
export function IsLike(type: new () => object): PropertyDecorator {
  return ValidateBy(
    { name: 'isLike', constraints: [type], validator: { validate: (value) => faultsOf(type, value) === null } },
    { message: ({ value }) => `must be as it is written: ${faultsOf(type, value) ?? ''}` },
  );
}

function faultsOf(type: new () => object, value: unknown): string | null {
  try {
    checkedAs(type, value);
    return null;
  } catch (error) {
    if (error instanceof ContractError) return error.message;
    throw error;
  }
}
