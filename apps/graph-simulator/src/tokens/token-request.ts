import { randomUUID } from 'node:crypto';
import { isGuid } from '@callbus/graph';
import type { JWTPayload } from 'jose';
import { proofFault } from './client-proof.js';
import type { RegisteredApp, RegisteredApps } from './registered-apps.js';
import { tokenRefusal, type TokenRefusal } from './token-refusal.js';

export interface TokenAuthority {
  readonly publicUrl: string;
  readonly gatewayAudience: string;
  readonly tokenSeconds: number;
  readonly apps: RegisteredApps;
  readonly graphRolesOf: (app: RegisteredApp, tenantId: string) => readonly string[];
}

export type TokenDecision = { readonly kind: 'issued'; readonly claims: JWTPayload; readonly seconds: number } | TokenRefusal;

/**
 * Decides on a token request by client credentials, in the words of Microsoft Entra.
 * @param nowSeconds since 1970
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export async function decideToken(
  authority: TokenAuthority,
  tenantId: string,
  form: URLSearchParams,
  nowSeconds: number,
): Promise<TokenDecision> {
  const clientId = form.get('client_id') ?? '';
  const scope = scopeOf(form);
  if (form.get('grant_type') !== 'client_credentials') {
    return tokenRefusal(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.');
  }
  if (!isGuid(tenantId)) {
    return tokenRefusal(
      400,
      'invalid_request',
      90002,
      `Tenant '${tenantId}' not found. Check to make sure you have the correct tenant ID.`,
    );
  }
  const app = authority.apps.find(clientId);
  if (!app) {
    const message = `Application with identifier '${clientId}' was not found in the directory '${tenantId}'.`;
    return tokenRefusal(400, 'unauthorized_client', 700016, message);
  }
  const fault = await proofFault(app, form, `${authority.publicUrl}/${tenantId}/oauth2/v2.0/token`, nowSeconds);
  if (fault !== null) return fault;
  if (!scope.endsWith('/.default')) {
    return tokenRefusal(
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  const audience = scope.slice(0, -'/.default'.length);
  if (audience !== authority.publicUrl && audience !== authority.gatewayAudience) {
    const message = `The resource principal named ${audience} was not found in the tenant named ${tenantId}.`;
    return tokenRefusal(400, 'invalid_resource', 500011, message);
  }
  const isForGraph = audience === authority.publicUrl;
  const isItsResource = (app.kind === 'bot') === isForGraph;
  const roles = !isItsResource ? [] : isForGraph ? authority.graphRolesOf(app, tenantId) : app.roles;
  const claims = {
    aud: audience,
    iss: `${authority.publicUrl}/${tenantId}/v2.0`,
    iat: nowSeconds,
    nbf: nowSeconds,
    exp: nowSeconds + authority.tokenSeconds,
    appid: app.clientId,
    azp: app.clientId,
    azpacr: form.has('client_assertion') ? '2' : '1',
    idtyp: 'app',
    oid: app.clientId,
    sub: app.clientId,
    tid: tenantId,
    // An app to which nothing was granted gets a token without the claim.
    ...(roles.length > 0 && { roles: [...roles] }),
    uti: randomUUID(),
    ver: '2.0',
  };
  return { kind: 'issued', claims, seconds: authority.tokenSeconds };
}

/** msal adds the scopes of OpenID to the one that is asked for. */
function scopeOf(form: URLSearchParams): string {
  const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => !OPENID_SCOPES.has(scope) && scope !== '');
  return scopes.join(' ');
}

const OPENID_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'offline_access']);
