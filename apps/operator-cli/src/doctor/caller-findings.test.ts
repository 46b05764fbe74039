import { callerFindings } from './caller-findings.js';

const HOME = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333';
const APP = '00001111-aaaa-4222-bbbb-3333cccc4444';
const closed = { gatewayIssuers: [`https://login.example/${HOME}/v2.0`], gatewayTenants: {}, gatewayDelegatedTokens: false };

function verdicts(changes: object): Record<string, string> {
  return Object.fromEntries(callerFindings({ ...closed, ...changes }).map(({ check, verdict }) => [check, verdict]));
}

describe('what doctor says of the gateway’s callers', () => {
  it('is good when the issuers name their tenants and each caller names its own', () => {
    expect(new Set(Object.values(verdicts({ gatewayTenants: { [`${HOME}/${APP}`]: [HOME] } })))).toEqual(new Set(['ok']));
  });

  it('names what is open: issuers of every tenant, and people’s tokens', () => {
    const open = { gatewayIssuers: ['https://login.example/{tenantId}/v2.0'], gatewayDelegatedTokens: true };
    expect(verdicts(open)).toMatchObject({ 'callers of the gateway': 'warning', 'people’s tokens': 'warning' });
  });

  it('is bad when a caller is listed without its tenant', () => {
    expect(verdicts({ gatewayTenants: { [APP]: [HOME] } })).toMatchObject({ 'tenants of callers': 'failed' });
  });

  it('says nothing of a setting that is not set here: the gateway may have another value than the default', () => {
    const unset = { gatewayIssuers: undefined, gatewayTenants: undefined, gatewayDelegatedTokens: undefined };
    expect(new Set(Object.values(verdicts(unset)))).toEqual(new Set(['skipped']));
  });
});
