import { AppTokens, GraphTokenError, type AppInTenant, type CallKind, type ConfiguredApp } from '@callbus/graph';
import { wordsOf } from '../errors.js';
import type { OperatorSettings } from '../installation/operator-settings.js';
import { failed, finding, ok, skipped, type Finding } from './finding.js';
import { roleFindings } from './role-findings.js';

export interface GraphQuestions {
  readonly tenants: readonly string[];
  /** Kinds of call that this installation is to place. */
  readonly kinds: readonly CallKind[];
}

/** Whether each app gets a token for each of its tenants, and what the token allows. */
export async function graphFindings(settings: OperatorSettings, { tenants, kinds }: GraphQuestions): Promise<readonly Finding[]> {
  const { graphAuthority, graphBaseUrl, doctorTimeoutMs } = settings;
  let apps: readonly ConfiguredApp[];
  try {
    apps = settings.apps();
  } catch (error) {
    return [failed('app registrations', wordsOf(error), 'Configure each as docs/tenant-setup.md says.')];
  }
  if (apps.length === 0) return [skipped('token', 'no app registration is named', 'Set GRAPH_APP_ID as the dispatcher has it.')];
  if (tenants.length === 0) return [skipped('token', 'no tenant is named', 'Name one by --tenant, or all in GRAPH_TENANTS.')];
  const scope = `${new URL(graphBaseUrl).origin}/.default`;
  const tokens = new AppTokens({ authority: graphAuthority, apps, scope, requestTimeoutMs: doctorTimeoutMs });
  try {
    const owners = apps.flatMap((app) =>
      tenants.filter((tenantId) => callsIn(app, tenantId)).map((tenantId) => ({ appId: app.appId, tenantId })),
    );
    const found = await Promise.all(
      owners.map((owner) => {
        const where = `tenant ${owner.tenantId}${apps.length > 1 ? ` as app ${owner.appId}` : ''}`;
        return tokenFindings(tokens, owner, { where, kinds, timeoutMs: doctorTimeoutMs });
      }),
    );
    return found.flat();
  } finally {
    await tokens.close();
  }
}

function callsIn({ tenants }: ConfiguredApp, tenantId: string): boolean {
  return tenants.length === 0 || tenants.includes(tenantId.toLowerCase());
}

async function tokenFindings(
  tokens: AppTokens,
  owner: AppInTenant,
  { where, kinds, timeoutMs }: { readonly where: string; readonly kinds: readonly CallKind[]; readonly timeoutMs: number },
): Promise<readonly Finding[]> {
  const check = `token of ${where}`;
  return finding(check, timeoutMs, 'See that GRAPH_AUTHORITY can be reached from here.', async () => {
    try {
      const { roles, expiresAtMs } = await tokens.get(owner);
      // Where nothing at all was consented to, a token has no claim of roles.
      return [ok(check, `valid until ${new Date(expiresAtMs).toISOString()}`), ...roleFindings(where, roles ?? [], kinds)];
    } catch (error) {
      // Its message says what to do.
      if (error instanceof GraphTokenError) return failed(check, error.code, error.message);
      throw error;
    }
  });
}
