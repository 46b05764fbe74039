import { faultOfTenantsByCaller, readTenantsByCaller } from '@callbus/graph';
import type { OperatorSettings } from '../installation/operator-settings.js';
import { failed, ok, skipped, warning, type Finding } from './finding.js';

type CallerSettings = Pick<OperatorSettings, 'gatewayIssuers' | 'gatewayTenants' | 'gatewayDelegatedTokens'>;

/** Who may call the gateway, and in which tenants, as far as its settings say. */
export function callerFindings(settings: CallerSettings): readonly Finding[] {
  return [callersFinding(settings), tenantsFinding(settings.gatewayTenants), peopleFinding(settings.gatewayDelegatedTokens)];
}

/** The gateway may run with a value that this environment lacks, so doctor must not judge by the default. */
function notSet(check: string, name: string): Finding {
  return skipped(check, `${name} is not set here`, `Run doctor with the gateway’s environment if it has ${name}.`);
}

function callersFinding({ gatewayIssuers }: CallerSettings): Finding {
  const check = 'callers of the gateway';
  if (gatewayIssuers === undefined) return notSet(check, 'GATEWAY_ISSUERS');
  const open = gatewayIssuers.filter((issuer) => issuer.includes('{tenantId}'));
  if (open.length === 0) return ok(check, `the gateway takes the tokens of ${gatewayIssuers.join(', ')}`);
  const found = `the gateway takes callers of every tenant of ${open.join(', ')} that gave them its roles; each may act in its own tenant`;
  const advice = 'Name in GATEWAY_ISSUERS the issuer of each tenant that may call, with the tenant’s id in place of {tenantId}.';
  return warning(check, found, advice);
}

function tenantsFinding(tenants: unknown): Finding {
  const check = 'tenants of callers';
  if (tenants === undefined) return notSet(check, 'GATEWAY_TENANTS');
  const fault = faultOfTenantsByCaller(tenants);
  if (fault !== null) return failed(check, `GATEWAY_TENANTS ${fault}`, 'Correct it: with this value the gateway does not start.');
  const listed = [...readTenantsByCaller(tenants)].map(([caller, ids]) => `${caller} acts in ${ids.join(', ') || 'none'}`);
  return ok(check, listed.length === 0 ? 'each caller acts in its own tenant only' : `${listed.join('; ')}; others in their own`);
}

function peopleFinding(areTaken: boolean | undefined): Finding {
  const check = 'people’s tokens';
  if (areTaken === undefined) return notSet(check, 'GATEWAY_DELEGATED_TOKENS');
  if (!areTaken) return ok(check, 'only applications may call');
  const found = 'an application may call for every person of its tenant, with the scopes as roles and the application’s tenants';
  return warning(check, found, 'Set GATEWAY_DELEGATED_TOKENS to false unless people’s apps call the gateway.');
}
