import { CALLING_ROLES } from '@callbus/graph';
import { refusalOf } from './create-refusal.js';
import { exampleRequest } from '../testing/samples.js';

const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
const caller = (roles: readonly string[] = CALLING_ROLES) => ({ tenantId, appId: 'app', roles });

describe('refusalOf', () => {
  it.each([
    [1, ['Calls.Initiate.All']],
    [2, ['Calls.Initiate.All', 'Calls.AccessMedia.All']],
    [3, ['Calls.InitiateGroupCall.All']],
    [4, ['Calls.InitiateGroupCall.All', 'Calls.AccessMedia.All']],
    [5, ['Calls.JoinGroupCall.All']],
    [6, ['Calls.JoinGroupCall.All', 'Calls.AccessMedia.All']],
    [7, ['Calls.Initiate.All']],
    [8, ['Calls.Initiate.All', 'Calls.AccessMedia.All']],
  ])('wants for example %d the permissions of the document’s table, and no others', (example, roles) => {
    expect(refusalOf(exampleRequest(example), caller(roles))).toBeNull();
    for (const role of roles) {
      const others = CALLING_ROLES.filter((other) => other !== role);
      expect(refusalOf(exampleRequest(example), caller(others))).toMatchObject({ status: 403, code: '7504' });
    }
  });

  it('refuses a call in another tenant than the token’s, before it asks for permissions', () => {
    const other = { ...exampleRequest(1), tenantId: 'aa67bd4c-8475-432d-bd41-39f255720e0a' };
    expect(refusalOf(other, caller([]))).toEqual({
      status: 403,
      code: '7505',
      message: 'Request authorization tenant mismatch.',
    });
    expect(refusalOf({ ...exampleRequest(1), tenantId: tenantId.toUpperCase() }, caller())).toBeNull();
  });

  it.each([
    ['no callbackUri', { callbackUri: undefined }, /callbackUri is required/],
    ['a callbackUri that is no address', { callbackUri: 'bot' }, /HTTPS/],
    ['a callbackUri over http', { callbackUri: 'http://bot.contoso.com/callback' }, /HTTPS/],
    ['no mediaConfig', { mediaConfig: undefined }, /mediaConfig is required/],
    ['a mediaConfig that is a list', { mediaConfig: [] }, /mediaConfig is required/],
    ['nobody to call', { targets: [] }, /targets and meetingInfo/],
  ])('refuses %s', (_, change, message) => {
    const call = JSON.parse(JSON.stringify({ ...exampleRequest(1), ...change })) as object;
    expect(refusalOf(call, caller())).toMatchObject({
      status: 400,
      code: 'BadRequest',
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses to call a telephone from anything but an application instance', () => {
    expect(refusalOf({ ...exampleRequest(7), source: null }, caller())).toMatchObject({ code: '7507' });
  });

  it('refuses what is no call at all', () => {
    for (const call of [undefined, null, [], 'x', 7]) expect(refusalOf(call, caller())).toMatchObject({ status: 400 });
  });
});
