export { ADVISED_CODES, MONTHLY_LIMIT_CODE } from './requests/advice.js';
export { readAppCertificate, readCredential, type AppCredential } from './tokens/app-credential.js';
export { AppTokens, type AppInTenant } from './tokens/app-tokens.js';
export { CallbackTokens, type CallbackClaims } from './callbacks/callback-token.js';
export {
  CALL_KINDS,
  CALLING_ROLES,
  callKindOf,
  mediaHostingOf,
  requiredRolesOf,
  rolesFor,
  type CallKind,
} from './create-call/call-kind.js';
export { CALL_LIMITS } from './create-call/call-limits.js';
export { Call } from './call-model/call-model.js';
export {
  AreTenantsByCaller,
  faultOfTenantsByCaller,
  readTenantsByCaller,
  type TenantsByCaller,
} from './tokens/caller-tenants.js';
export { type AppToken } from './tokens/client-credentials-grant.js';
export { IsInCloudWithCalls } from './tokens/cloud-with-calls.js';
export { outcomeOf, type CreateCallOutcome } from './requests/create-call-outcome.js';
export { GraphTokenError, TokenError } from './errors.js';
export { type Exchange } from './http/exchange.js';
export { type FollowUpFailure } from './requests/follow-up-outcome.js';
export { readGraphApps, requireOneCredential, type ConfiguredApp } from './tokens/graph-apps.js';
export { GraphClient, type CreateCallRequest } from './requests/graph-client.js';
export { type GraphError } from './requests/graph-error.js';
export { mediaFaultsOf, type MediaHosts } from './create-call/media-hosts.js';
export { isObject, memberOf, type JsonObject } from './json-value.js';
export { missingRoles, refusalForRoles } from './requests/missing-roles.js';
export { callResourcePath, plainGraphId, sameGraphId } from './callbacks/notifications.js';
export { invalidToken, OidcTokens, type OidcTokensOptions } from './tokens/oidc-tokens.js';
export { explainResult, withExplainedResult } from './callbacks/result-info.js';
export { changeTypeOf, inSchemaSpelling } from './call-model/schema-spelling.js';
export { READ_ONLY_MEMBERS, toGraphCall } from './create-call/to-graph-call.js';
export { type CallFault } from './call-model/model-faults.js';
export { schemaOf } from './call-model/model-schema.js';
export { isGuid } from './call-model/text-formats.js';
export { validateCall } from './create-call/validate-call.js';
