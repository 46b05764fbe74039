import {
  AppTokens,
  GraphTokenError,
  readCredential,
  type AppCredential,
  type AppInTenant,
  type CredentialSources,
  type CallKind,
} from '@callbus/graph';
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
  const { graphAppId: appId, graphAuthority: authority, graphBaseUrl, doctorTimeoutMs } = settings;
  if (appId === undefined)
    return [skipped('token', 'the app registration is not named', 'Set GRAPH_APP_ID as the dispatcher has it.')];
  let credential: AppCredential;
  try {
    credential = readCredential(credentialSources(settings));
  } catch (error) {
    return [failed('token', `the app registration ${(error as Error).message}`, 'Set one credential as the dispatcher has it.')];
  }
  if (tenants.length === 0) return [skipped('token', 'no tenant is named', 'Name one by --tenant, or all in GRAPH_TENANTS.')];
  const tokens = new AppTokens({
    authority,
    apps: [{ appId, credential }],
    scope: `${new URL(graphBaseUrl).origin}/.default`,
    requestTimeoutMs: doctorTimeoutMs,
  });
  try {
    const found = await Promise.all(
      tenants.map((tenantId) => tenantFindings(tokens, { appId, tenantId }, kinds, doctorTimeoutMs)),
    );
    return found.flat();
  } finally {
    await tokens.close();
  }
}

function credentialSources(settings: OperatorSettings): CredentialSources {
  const { graphClientSecret: clientSecret, graphClientCertificate: certificate, azureFederatedTokenFile } = settings;
  return { clientSecret, certificate, federatedTokenFile: azureFederatedTokenFile };
}

async function tenantFindings(
  tokens: AppTokens,
  owner: AppInTenant,
  kinds: readonly CallKind[],
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const { tenantId } = owner;
  const check = `token of tenant ${tenantId}`;
  return finding(check, timeoutMs + 1_000, 'See that GRAPH_AUTHORITY can be reached from here.', async () => {
    try {
      const { roles, expiresAtMs } = await tokens.get(owner);
      return [ok(check, `valid until ${new Date(expiresAtMs).toISOString()}`), ...roleFindings(tenantId, roles, kinds)];
    } catch (error) {
      // Its message says what to do.
      if (error instanceof GraphTokenError) return failed(check, error.code, error.message);
      throw error;
    }
  });
}
