import { readFileSync } from 'node:fs';
import { requestHash } from '@callbus/contracts';
import type { ApiError } from '../http/api-error.js';
import { readCreateCall, type CreateCallRequest } from './read-create-call.js';

const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const APP_ID = '00001111-aaaa-4222-bbbb-3333cccc4444';
const RULES = {
  graphAppId: APP_ID,
  callMaxBytes: 65_536,
};
const caller = { appId: '2891555a-92ff-42e6-80fa-6e1300c6b5c6', tenantId: TENANT_ID, roles: [] };
const CALL = JSON.parse(
  readFileSync(new URL('../../../../libs/graph/fixtures/create-call/seed-ex1-request.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

function read(body: unknown, keys: readonly (string | undefined)[] = []): CreateCallRequest {
  return readCreateCall(body, caller, keys, RULES, () => null);
}

function refusalOf(body: unknown, keys: string[] = []): ApiError {
  try {
    read(body, keys);
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('The request was read.');
}

describe('a create request', () => {
  it('is a call in the tenant that it names, else in the caller’s', () => {
    const other = '11111111-2222-4333-8444-555555555555';
    expect(read({ ...CALL, tenantId: other.toUpperCase() }).data.tenantId).toBe(other);
    expect(read({ ...CALL, tenantId: undefined }).data.tenantId).toBe(TENANT_ID);
  });

  it('is refused with every part of it that is too large, and as a whole', () => {
    const targetsOf = (more: object): unknown => refusalOf({ ...CALL, ...more }).options.details?.map(({ target }) => target);
    expect(targetsOf({ subject: 'x'.repeat(200_000), note: 'x'.repeat(5_000) })).toEqual(
      expect.arrayContaining(['subject', 'note']),
    );
    const notes = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`note${index}`, 'x'.repeat(4_000)]));
    expect(targetsOf(notes)).toContain('$');
  });

  it('is known by the hash that the dispatcher will compute', () => {
    const { data, requestHash: hash } = read({ ...CALL, tenantId: TENANT_ID });
    expect(hash).toBe(requestHash({ appId: APP_ID, tenantId: TENANT_ID, call: data.call }));
  });

  it('is the same call for the same Idempotency-Key, else for the same client-request-id, else a call of its own', () => {
    const idOf = (...keys: (string | undefined)[]): string => read({ ...CALL, tenantId: TENANT_ID }, keys).data.callId;
    expect(idOf('a', 'x')).toBe(idOf('a', 'y'));
    expect(idOf(undefined, 'x')).toBe(idOf('', 'x'));
    expect(idOf('a')).not.toBe(idOf('b'));
    expect(idOf()).not.toBe(idOf());
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['$']],
    ['a list', [], ['$']],
    ['a tenantId that is no GUID', { ...CALL, tenantId: 'contoso' }, ['tenantId']],
    ['no targets', { ...CALL, tenantId: TENANT_ID, targets: undefined }, ['targets']],
    ['two faults', { ...CALL, tenantId: 'contoso', requestedModalities: 'audio' }, ['requestedModalities', 'tenantId']],
  ])('of %s is refused with every fault named', (_what, body, targets) => {
    const refusal = refusalOf(body);
    expect(refusal).toMatchObject({ status: 400, code: 'BadRequest' });
    expect(refusal.options.details?.map(({ target }) => target).toSorted()).toEqual(targets);
    for (const target of targets) expect(refusal.message).toContain(target);
  });

  it('of many faults is refused with all of them, and the first in words', () => {
    const targets = Array.from({ length: 7 }, () => ({ identity: {} }));
    const { message, options } = refusalOf({ ...CALL, tenantId: TENANT_ID, targets });
    expect(options.details?.map(({ target }) => target)).toEqual([
      ...targets.map((_, index) => `targets[${index}].identity`),
      'targets',
    ]);
    expect(message).toMatch(/targets\[4\]\.identity .*; and 3 more, in the details\.$/);
  });

  it('that was accepted is the same call again, also where its call would be refused today', () => {
    const call = { ...CALL, tenantId: TENANT_ID, targets: undefined };
    const hash = requestHash({ appId: APP_ID, tenantId: TENANT_ID, call });
    const again = (known: string | null): CreateCallRequest => readCreateCall(call, caller, ['a'], RULES, () => known);
    const { callId } = read({ ...CALL, tenantId: TENANT_ID }, ['a']).data;
    expect(again(hash)).toEqual({ data: { callId, tenantId: TENANT_ID, call }, requestHash: hash, isAccepted: true });
    for (const other of [null, '1:other']) expect(() => again(other)).toThrow(/^The call is not valid: targets/);
  });

  it('with a key that is too long is refused', () => {
    expect(refusalOf({ ...CALL, tenantId: TENANT_ID }, ['k'.repeat(257)]).message).toMatch(/Idempotency-Key .*256/);
  });
});
