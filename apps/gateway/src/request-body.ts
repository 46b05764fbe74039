import { MAX_INPUT_DEPTH, parseJson } from '@callbus/contracts';
import { scan } from 'secure-json-parse';
import { ApiError } from './api-error.js';

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * Parses a JSON body, also with the leading byte order mark that some editors and libraries write; undefined for an empty body.
 * @throws ContractError for what is no JSON; ApiError 400 for what means harm: a member that would become a prototype, text that is none
 */
export function readBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const hasMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const value = parseJson(hasMark ? body.subarray(BYTE_ORDER_MARK.length) : body, MAX_INPUT_DEPTH);
  // What is not escaped was valid UTF-8.
  if (body.includes('\\u') && !isPlainText(value)) throw refusal('The body has text with NUL or half a character.');
  if (typeof value !== 'object' || value === null) return value;
  try {
    return scan(value, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    throw refusal('The body has a member that would become a prototype.', error);
  }
}

function refusal(message: string, cause?: unknown): ApiError {
  return new ApiError(400, 'BadRequest', message, { cause });
}

function isPlainText(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => isPlainText(name) && isPlainText(member));
}
