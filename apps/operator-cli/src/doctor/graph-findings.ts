import { AppTokens, GraphTokenError, type CallKind } from '@callbus/graph';
import type { OperatorSettings } from '../operator-settings.js';
import { failed, finding, ok, skipped, type Finding } from './finding.js';
import { roleFindings } from './role-findings.js';

export interface GraphQuestions {
  readonly tenants: readonly string[];
  /** Kinds of call that this installation is to place. */
  readonly kinds: readonly CallKind[];
}

/** Whether the app gets a token for each tenant, and what the token allows. */
export async function graphFindings(settings: OperatorSettings, { tenants, kinds }: GraphQuestions): Promise<readonly Finding[]> {
  const { graphAppId, graphClientSecret, graphAuthority, graphBaseUrl, doctorTimeoutMs } = settings;
  if (graphAppId === undefined || graphClientSecret === undefined) {
    return [
      skipped(
        'token',
        'the app registration is not named',
        'Set GRAPH_APP_ID and GRAPH_CLIENT_SECRET as the dispatcher has them.',
      ),
    ];
  }
  if (tenants.length === 0) return [skipped('token', 'no tenant is named', 'Name one by --tenant, or all in GRAPH_TENANTS.')];
  const tokens = new AppTokens({
    authority: graphAuthority,
    clientId: graphAppId,
    clientSecret: graphClientSecret,
    scope: `${new URL(graphBaseUrl).origin}/.default`,
    requestTimeoutMs: doctorTimeoutMs,
  });
  try {
    const found = await Promise.all(tenants.map((tenantId) => tenantFindings(tokens, tenantId, kinds, doctorTimeoutMs)));
    return found.flat();
  } finally {
    await tokens.close();
  }
}

async function tenantFindings(
  tokens: AppTokens,
  tenantId: string,
  kinds: readonly CallKind[],
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const check = `token of tenant ${tenantId}`;
  return finding(check, timeoutMs + 1_000, 'See that GRAPH_AUTHORITY can be reached from here.', async () => {
    try {
      const { roles, expiresAtMs } = await tokens.get(tenantId);
      return [ok(check, `valid until ${new Date(expiresAtMs).toISOString()}`), ...roleFindings(tenantId, roles, kinds)];
    } catch (error) {
      // Its message says what to do.
      if (error instanceof GraphTokenError) return failed(check, error.code, error.message);
      throw error;
    }
  });
}
