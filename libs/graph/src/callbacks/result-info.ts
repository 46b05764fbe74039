import { isObject, type JsonObject } from '../json-value.js';

/**
 * What Graph's results mean, by code and subcode. The subcodes are an open set: what is not here has its `message` only.
 * @see https://learn.microsoft.com/graph/api/call-delete
 */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['200/0', 'done'],
  ['200/4097', 'the other side ended the call'],
  ['200/4521', 'the other side ended the call'],
  ['200/5000', 'removed from the conversation'],
  ['200/5001', 'the conversation has ended'],
  ['200/5002', 'all others have left'],
  ['200/5003', 'the conversation has ended'],
  ['200/5007', 'the initiator has left'],
  ['200/5010', 'one participant has left'],
  ['200/5012', 'the roster is empty'],
  ['200/5013', 'nobody joined'],
  ['200/5014', 'no host was found'],
  ['200/5020', 'only hidden participants were left'],
  ['200/5030', 'the breakout room was closed'],
  ['200/5300', 'removed from the conversation'],
  ['200/5855', 'nobody let the caller in from the lobby in time'],
  ['200/7000', 'the bot ended the call'],
  ['200/7015', 'the transfer is completed'],
  ['200/8515', 'the longest time of a recording was reached'],
  ['200/10550', 'the bot ended the call'],
  ['200/18503', 'the other side has left'],
  ['200/540000', 'the telephone user hung up'],
  ['200/560000', 'the telephone user hung up'],
  ['400/8508', 'the operation was cancelled'],
  ['408/1106', 'no acknowledgement came in time'],
  ['408/8537', 'nobody kept the call alive'],
  ['408/10057', 'the called side did not answer in time'],
  ['410/301005', 'the media failed'],
  ['480/10037', 'the called side has no endpoint'],
  ['480/10076', 'the called side cannot be reached'],
  ['480/10134', 'the called side cannot be routed to'],
  ['480/10199', 'the called side has private calling turned off'],
  ['500/1005', 'the media of the bot failed'],
  ['500/7000', 'the transfer failed'],
  ['500/7106', 'an internal error of Graph'],
  ['500/7700', 'the transfer failed'],
]);

/** `resultInfo` in one shape: codes as numbers where they are numbers, the subcode under its name, and what they mean. */
export interface ExplainedResult {
  readonly code: unknown;
  readonly subcode: unknown;
  /** null for codes that are not in the table. */
  readonly meaning: string | null;
  readonly [member: string]: unknown;
}

/** Graph writes codes as text at times, and `subCode`; success was 0 until 2021 and is 200 since. Other members stay. */
export function explainResult(resultInfo: JsonObject): ExplainedResult {
  const { code, subcode, subCode, ...others } = resultInfo;
  const numbers = { code: numberFrom(code), subcode: numberFrom(subcode ?? subCode) };
  const isBoth = subcode != null && subCode !== undefined;
  const meaning = MEANINGS.get(`${codeName(numbers.code === 0 ? 200 : numbers.code)}/${codeName(numbers.subcode)}`) ?? null;
  return { ...others, ...(isBoth && { subCode }), ...numbers, meaning };
}

/** The same for the `resultInfo` of a resource, if it has one. */
export function withExplainedResult(resource: JsonObject): JsonObject {
  const { resultInfo } = resource;
  return isObject(resultInfo) ? { ...resource, resultInfo: explainResult(resultInfo) } : resource;
}

function numberFrom(code: unknown): unknown {
  if (code === undefined) return null;
  return typeof code === 'string' && /^-?\d{1,9}$/.test(code) ? Number(code) : code;
}

function codeName(code: unknown): string {
  return typeof code === 'number' ? String(code) : '';
}
