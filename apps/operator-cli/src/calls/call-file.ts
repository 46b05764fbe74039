import { readFileSync } from 'node:fs';
import { ContractError, parseInput } from '@callbus/contracts';
import { UsageError } from '../errors.js';

/**
 * Reads a call resource from a JSON file.
 * @param file its path, or the descriptor of standard input
 * @throws UsageError
 */
export function readCallFile(file: string | number): Record<string, unknown> {
  const resource = readJson(file);
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource))
    throw new UsageError('The call cannot be read: it is no JSON object.');
  return resource as Record<string, unknown>;
}

function readJson(file: string | number): unknown {
  try {
    return parseInput(readFileSync(file));
  } catch (error) {
    const why = error instanceof ContractError ? `${error.detail} Save it as JSON in UTF-8.` : (error as Error).message;
    throw new UsageError(`The call cannot be read: ${why}`);
  }
}
