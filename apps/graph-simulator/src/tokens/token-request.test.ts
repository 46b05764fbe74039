import { RegisteredApps } from './registered-apps.js';
import { decideToken, type TokenAuthority } from './token-request.js';

const tenantId = '86dc81db-c112-4228-9222-63f3e5aa1edb';
const authority: TokenAuthority = {
  publicUrl: 'https://localhost:4443',
  gatewayAudience: 'api://callbus',
  tokenSeconds: 3_599,
  apps: new RegisteredApps([
    { clientId: 'bot-1', clientSecret: 's1', kind: 'bot', roles: ['Calls.Initiate.All'], displayName: 'Bot' },
    { clientId: 'caller-1', clientSecret: 's2', kind: 'caller', roles: ['Calls.Create'], displayName: 'Caller' },
  ]),
  graphRolesOf: (app) => app.roles,
};
const asBot = {
  grant_type: 'client_credentials',
  client_id: 'bot-1',
  client_secret: 's1',
  scope: 'https://localhost:4443/.default',
};
const asCaller = { ...asBot, client_id: 'caller-1', client_secret: 's2', scope: 'api://callbus/.default' };
const decide = (form: Record<string, string>, tenant = tenantId) =>
  decideToken(authority, tenant, new URLSearchParams(form), 1_000);

describe('decideToken', () => {
  it('issues a token for Graph with the bot’s roles', async () => {
    expect(await decide(asBot)).toMatchObject({
      kind: 'issued',
      seconds: 3_599,
      claims: {
        aud: 'https://localhost:4443',
        iss: `https://localhost:4443/${tenantId}/v2.0`,
        tid: tenantId,
        appid: 'bot-1',
        azp: 'bot-1',
        roles: ['Calls.Initiate.All'],
        iat: 1_000,
        exp: 4_599,
      },
    });
  });

  it('issues a token for the gateway with the caller’s roles, also when the scopes of OpenID come along', async () => {
    const issued = await decide({ ...asCaller, scope: 'api://callbus/.default openid profile offline_access' });
    expect(issued).toMatchObject({ kind: 'issued', claims: { aud: 'api://callbus', azp: 'caller-1', roles: ['Calls.Create'] } });
  });

  it.each([
    ['a bot for the gateway', { ...asBot, scope: asCaller.scope }],
    ['a caller for Graph', { ...asCaller, scope: asBot.scope }],
  ])('grants no roles to %s', async (_, form) => {
    const issued = await decide(form);
    expect(issued.kind).toBe('issued');
    expect(issued).not.toHaveProperty('claims.roles');
  });

  it.each([
    ['a wrong secret', { ...asBot, client_secret: 'x' }, 401, 'invalid_client', /AADSTS7000215: Invalid client secret provided/],
    ['no secret', { ...asBot, client_secret: '' }, 401, 'invalid_client', /AADSTS7000215/],
    ['an unknown app', { ...asBot, client_id: 'x' }, 400, 'unauthorized_client', /AADSTS700016/],
    ['another grant', { ...asBot, grant_type: 'password' }, 400, 'unsupported_grant_type', /AADSTS70003/],
    ['a scope without .default', { ...asBot, scope: 'Calls.Initiate.All' }, 400, 'invalid_scope', /AADSTS1002012/],
    ['an unknown resource', { ...asBot, scope: 'https://graph.microsoft.com/.default' }, 400, 'invalid_resource', /AADSTS500011/],
  ])('refuses %s in the words of Entra', async (_, form, status, error, message) => {
    expect(await decide(form)).toMatchObject({
      kind: 'refused',
      status,
      error,
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses a tenant that is no GUID', async () => {
    expect(await decide(asBot, 'common')).toMatchObject({ kind: 'refused', status: 400, code: 90002 });
  });
});
