import { ContractError, MAX_INPUT_DEPTH, parseJson } from '@callbus/contracts';
import { Refusal } from './refusals.js';

/**
 * The body stays the bytes that it is; it is only checked that any reader can take it: JSON in UTF-8 that is not too deep, has
 * no half of a surrogate pair, and no member that leads to an object's prototype.
 * @throws Refusal
 */
export function requireCallbackBody(body: Buffer): void {
  if (body.length === 0) throw new Refusal('EMPTY_BODY', 'no byte of a body came');
  const fault = faultIn(jsonOf(body));
  if (fault !== undefined) throw new Refusal('BAD_BODY', fault);
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(body, MAX_INPUT_DEPTH);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new Refusal('BAD_BODY', error.detail, { cause: error });
  }
}

function faultIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'It holds a lone surrogate.';
  if (typeof value !== 'object' || value === null) return undefined;
  return Array.isArray(value) ? faultInElements(value) : faultInMembers(value as Readonly<Record<string, unknown>>);
}

function faultInElements(elements: readonly unknown[]): string | undefined {
  for (const element of elements) {
    const fault = faultIn(element);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInMembers(object: Readonly<Record<string, unknown>>): string | undefined {
  for (const name in object) {
    const member = object[name];
    const fault = faultIn(name) ?? (leadsToPrototype(name, member) ? `It has a member ${name}.` : faultIn(member));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function leadsToPrototype(name: string, member: unknown): boolean {
  if (name === '__proto__') return true;
  return name === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype');
}
