import { parseInput } from '@callbus/contracts';
import { scan } from 'secure-json-parse';
import { ApiError } from './api-error.js';

/**
 * Parses a JSON body; undefined for an empty body.
 * @throws ContractError for a body that cannot be read; ApiError 400 for a member that would become a prototype, such as
 * `__proto__`
 */
export function readBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const value = parseInput(body);
  if (typeof value !== 'object' || value === null) return value;
  try {
    return scan(value, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    throw new ApiError(400, 'BadRequest', 'The body has a member that would become a prototype.', { cause: error });
  }
}
