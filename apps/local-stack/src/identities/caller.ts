import { DEVELOPMENT } from './development-identities.js';
import type { StackPlan, StackUrls } from '../services/service-plan.js';
import type { StackFile } from '../stack-file.js';

/** Who calls the gateway: an app of the simulator, or the one that .env names. */
export function callerOf(plan: StackPlan, urls: StackUrls): StackFile['caller'] {
  if (plan.graph.kind === 'simulator') {
    return {
      tokenUrl: `${urls.simulator ?? ''}/${DEVELOPMENT.tenantId}/oauth2/v2.0/token`,
      clientId: DEVELOPMENT.callerAppId,
      clientSecret: plan.secrets.callerClientSecret,
      scope: `${DEVELOPMENT.gatewayAudience}/.default`,
      tenantId: DEVELOPMENT.tenantId,
    };
  }
  const { variables } = plan.graph;
  const tenantId = variables['CALLER_TENANT_ID'] ?? '';
  return {
    tokenUrl: `${variables['GRAPH_AUTHORITY'] ?? 'https://login.microsoftonline.com'}/${tenantId}/oauth2/v2.0/token`,
    clientId: variables['CALLER_CLIENT_ID'] ?? '',
    clientSecret: variables['CALLER_CLIENT_SECRET'] ?? '',
    scope: `${variables['GATEWAY_AUDIENCE'] ?? ''}/.default`,
    tenantId,
  };
}
