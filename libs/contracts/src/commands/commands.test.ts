import { createCallCommand, decodeCommand, decodeOperatorCommand, endCallCommand, releaseCallCommand } from './commands.js';
import { ContractError } from '../errors.js';

const CALL_ID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const TENANT_ID = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const DATA = { callId: CALL_ID, tenantId: TENANT_ID, call: { targets: [] } };
const CREATE = createCallCommand('/test', DATA);

function faultOf(envelope: object, key: string | null = CALL_ID): ContractError {
  try {
    decodeCommand(key === null ? null : Buffer.from(key), Buffer.from(JSON.stringify(envelope)), {});
  } catch (error) {
    if (error instanceof ContractError) return error;
    throw error;
  }
  throw new Error('The command was read.');
}

describe('a command', () => {
  it('is read as it was sent, whatever its call says', () => {
    const call = { anything: { at: ['all'] } };
    const envelope = createCallCommand('/test', { ...DATA, call });
    expect(decodeCommand(Buffer.from(CALL_ID), Buffer.from(JSON.stringify(envelope)), {})).toEqual({
      type: 'CreateCall',
      data: { ...DATA, call },
    });
  });

  it('has the callId as the id of a CreateCall, and an id of its own for each EndCall', () => {
    expect(CREATE.id).toBe(CALL_ID);
    const ids = [1, 2].map(() => endCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID }).id);
    expect(new Set([...ids, CALL_ID]).size).toBe(3);
  });

  it('is not parsed when it is larger than its topic takes, however small it was on the wire', () => {
    const key = Buffer.from(CALL_ID);
    const envelope = Buffer.from(JSON.stringify(CREATE));
    const ofSize = (bytes: number) => Buffer.concat([envelope, Buffer.alloc(bytes - envelope.length, ' ')]);
    expect(decodeCommand(key, ofSize(1024 * 1024), {}).type).toBe('CreateCall');
    for (const decode of [decodeCommand, decodeOperatorCommand])
      expect(() => decode(key, ofSize(1024 * 1024 + 1), {})).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  });

  it('may leave out the dataschema, and may be of another namespace', () => {
    for (const dataschema of [undefined, null, 'https://example.org/CreateCall/2', 'https://example.org/no-version']) {
      const envelope = Buffer.from(JSON.stringify({ ...CREATE, dataschema }));
      expect(decodeCommand(Buffer.from(CALL_ID), envelope, {}).type).toBe('CreateCall');
    }
  });

  it.each<[string, object, string | null, string, RegExp]>([
    ['of a type that is not ours', { ...CREATE, type: 'DialNow' }, CALL_ID, 'UNKNOWN_TYPE', /DialNow/],
    ['of a type of the prototype', { ...CREATE, type: 'constructor' }, CALL_ID, 'UNKNOWN_TYPE', /constructor/],
    ['of a later version', { ...CREATE, dataschema: 'urn:callbus:schema/CreateCall/2' }, CALL_ID, 'UNKNOWN_VERSION', /2/],
    ['without a key', CREATE, null, 'KEY_MISMATCH', /key/],
    ['with another key', CREATE, CALL_ID.toUpperCase(), 'KEY_MISMATCH', /key/],
    ['with another id', { ...CREATE, id: 'e7' }, CALL_ID, 'ID_MISMATCH', /id/],
    ['without data', { ...CREATE, data: undefined }, CALL_ID, 'INVALID_MESSAGE', /not an object/],
    ['with a list as data', { ...CREATE, data: [] }, CALL_ID, 'INVALID_MESSAGE', /not an object/],
    [
      'with a callId in capitals',
      { ...CREATE, data: { ...DATA, callId: CALL_ID.toUpperCase() } },
      CALL_ID,
      'INVALID_MESSAGE',
      /callId/,
    ],
    [
      'with two faults',
      { ...CREATE, data: { callId: CALL_ID, tenantId: 'kim' } },
      CALL_ID,
      'INVALID_MESSAGE',
      /tenantId.*call: /,
    ],
    ['with a notAfter that is no text', { ...CREATE, data: { ...DATA, notAfter: 7 } }, CALL_ID, 'INVALID_MESSAGE', /notAfter/],
    ['with another ifUnknown', { ...CREATE, data: { ...DATA, ifUnknown: 'dial' } }, CALL_ID, 'INVALID_MESSAGE', /ifUnknown/],
  ])('%s is refused, and the error says why and what to do', (_what, envelope, key, code, message) => {
    const fault = faultOf(envelope, key);
    expect(fault.code).toBe(code);
    expect(fault.message).toMatch(message);
  });

  it.each([
    [90, 'is read'],
    [101, 'TOO_DEEP'],
    [10_000, 'TOO_DEEP'],
    [500_000, 'TOO_DEEP'],
  ])('whose call nests %d levels deep: %s', (levels, expected) => {
    const text = JSON.stringify(CREATE).replace('"targets":[]', `"targets":${'['.repeat(levels)}${']'.repeat(levels)}`);
    const read = (): unknown => decodeCommand(Buffer.from(CALL_ID), Buffer.from(text), {});
    if (expected === 'is read') expect(read()).toMatchObject({ type: 'CreateCall' });
    else expect(read).toThrow(expect.objectContaining({ code: expected }));
  });

  it('may hold any number of brackets in its strings', () => {
    const subject = '\\"[{'.repeat(500);
    const envelope = createCallCommand('/test', { ...DATA, call: { subject } });
    const read = decodeCommand(Buffer.from(CALL_ID), Buffer.from(JSON.stringify(envelope)), {});
    expect(read).toMatchObject({ data: { call: { subject } } });
  });
});

describe('a command on another topic than its own', () => {
  const END = endCallCommand('/test', { callId: CALL_ID, tenantId: TENANT_ID });
  const RELEASE = releaseCallCommand('/test', {
    callId: CALL_ID,
    tenantId: TENANT_ID,
    attempt: 1,
    reason: 'forged',
    operator: 'nobody',
  });
  const read = (decode: typeof decodeCommand | typeof decodeOperatorCommand, envelope: object) => () =>
    decode(Buffer.from(CALL_ID), Buffer.from(JSON.stringify(envelope)), {});
  const putAside = (type: string): unknown =>
    expect.objectContaining({ code: 'WRONG_TOPIC', message: expect.stringMatching(`${type}.*callbus calls release`) as string });

  it('is put aside: a release on the commands topic, even a malformed one', () => {
    expect(read(decodeOperatorCommand, RELEASE)()).toEqual({ type: 'ReleaseCall', data: RELEASE.data });
    expect(read(decodeCommand, RELEASE)).toThrow(putAside('ReleaseCall') as Error);
    expect(read(decodeCommand, { ...RELEASE, data: null })).toThrow(putAside('ReleaseCall') as Error);
    expect(read(decodeCommand, { ...RELEASE, dataschema: 'urn:callbus:schema/ReleaseCall/2' })).toThrow(
      putAside('ReleaseCall') as Error,
    );
  });

  it.each([CREATE, END])('is put aside: a $type among the operator’s', (envelope) => {
    expect(read(decodeOperatorCommand, envelope)).toThrow(putAside(envelope.type) as Error);
  });

  it('has an unknown type on both topics when no command has it', () => {
    for (const decode of [decodeCommand, decodeOperatorCommand])
      expect(read(decode, { ...CREATE, type: 'constructor' })).toThrow(
        expect.objectContaining({ code: 'UNKNOWN_TYPE' }) as Error,
      );
  });
});
