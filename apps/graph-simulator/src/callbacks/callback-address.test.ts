import { readCallbackAddress } from './callback-address.js';

describe('readCallbackAddress', () => {
  it('reads whose callback an address is for, below any path', () => {
    const whose = { appId: 'app', tenantId: 'tenant', callId: 'call', attempt: 2 };
    expect(readCallbackAddress('https://a.example.test/v1/callbacks/app/tenant/call/2/mac')).toEqual(whose);
    expect(readCallbackAddress('https://a.example.test/below/v1/callbacks/app/tenant/call/2/mac?x=1')).toEqual(whose);
  });

  it.each([
    'https://bot.contoso.com/callback',
    'https://a.example.test/v1/callbacks/app/tenant/call/two/mac',
    'https://a.example.test/v1/callbacks/app/tenant/call/2',
    'https://a.example.test/v1/callbacks/app/tenant/call/2/mac/more',
    'not an address',
    '',
    7,
    null,
    undefined,
  ])('makes nothing of %j', (address) => {
    expect(readCallbackAddress(address)).toBeNull();
  });
});
