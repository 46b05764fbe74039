export { ADVISED_CODES, MONTHLY_LIMIT_CODE } from './advice.js';
export {
  readAppCertificate,
  readCredential,
  type AppCertificate,
  type AppCredential,
  type CredentialSources,
} from './app-credential.js';
export { AppTokens, type AppInTenant, type AppTokensOptions, type GraphApp } from './app-tokens.js';
export { CallbackTokens, type CallbackClaims } from './callback-token.js';
export {
  CALL_KINDS,
  CALLING_ROLES,
  callKindOf,
  mediaHostingOf,
  requiredRolesOf,
  rolesFor,
  type CallKind,
  type MediaHosting,
} from './call-kind.js';
export { CALL_LIMITS } from './call-limits.js';
export { Call } from './call-model.js';
export { AreTenantsByCaller, faultOfTenantsByCaller, readTenantsByCaller, type TenantsByCaller } from './caller-tenants.js';
export { type AppToken } from './client-credentials-grant.js';
export { IsInCloudWithCalls } from './cloud-with-calls.js';
export { outcomeOf, type CreateCallOutcome, type WireResult } from './create-call-outcome.js';
export { GraphTokenError, TokenError, type GraphTokenErrorCode, type TokenErrorCode } from './errors.js';
export { type Exchange } from './exchange.js';
export { type EndCallOutcome, type FollowUpFailure, type GetCallOutcome, type KeepAliveOutcome } from './follow-up-outcome.js';
export { readGraphApps, requireOneCredential, type ConfiguredApp } from './graph-apps.js';
export { GraphClient, type CreateCallRequest, type GraphClientOptions } from './graph-client.js';
export { readGraphError, type GraphError } from './graph-error.js';
export { mediaFaultsOf, type MediaHosts } from './media-hosts.js';
export { missingRoles, refusalForRoles } from './missing-roles.js';
export {
  callResourcePath,
  plainGraphId,
  sameGraphId,
  type CallResourcePath,
  type CommsNotification,
  type CommsNotifications,
  type NotifiedResource,
} from './notifications.js';
export { invalidToken, OidcTokens, type OidcTokensOptions } from './oidc-tokens.js';
export { explainResult, withExplainedResult, type ExplainedResult } from './result-info.js';
export { changeTypeOf, inSchemaSpelling } from './schema-spelling.js';
export { READ_ONLY_MEMBERS, toGraphCall } from './to-graph-call.js';
export { type CallFault } from './model-faults.js';
export { schemaOf } from './model-schema.js';
export { validateCall } from './validate-call.js';
