import { DATE_TIME_RULE, dateTimeMs, requestHash, type CreateCallData, type LedgerCommand } from '@callbus/contracts';
import { mediaFaultsOf, validateCall, type CallFault } from '@callbus/graph';

const DAY_MS = 24 * 60 * 60 * 1_000;

export interface CreateCallRules {
  /** The app registration of commands that name none. */
  readonly appId: string;
  /** Every app registration of the installation → the only tenants that it calls; empty: any. Ids in lower case. */
  readonly apps: ReadonlyMap<string, readonly string[]>;
  /** Empty: any. */
  readonly tenants: readonly string[];
  /** The only hosts that media may come from, in lower case; null: any. */
  readonly mediaHosts: ReadonlySet<string> | null;
  readonly notAfterDefaultMs: number;
  readonly notAfterRedialExtraMs: number;
  /** Largest call, in bytes of canonical JSON. */
  readonly maxCallBytes: number;
}

export interface JudgedCreateCall {
  readonly command: LedgerCommand;
  readonly requestHash: string;
  /** Everything that keeps it from being dialled; empty when it may be. */
  readonly faults: readonly CallFault[];
}

/**
 * The command as the ledger keeps it, and what is wrong with it. Pure.
 * @param arrivedAtMs the record's LogAppendTime on the commands topic, from which its time counts
 */
export function judgeCreateCall(data: CreateCallData, arrivedAtMs: number, rules: CreateCallRules): JudgedCreateCall {
  const tenantId = data.tenantId.toLowerCase();
  const appId = (data.appId ?? rules.appId).toLowerCase();
  const ifUnknown = data.ifUnknown ?? 'park';
  const defaultMs = rules.notAfterDefaultMs + (ifUnknown === 'redial' ? rules.notAfterRedialExtraMs : 0);
  const givenMs = data.notAfter === undefined ? arrivedAtMs + defaultMs : dateTimeMs(data.notAfter);
  const notAfterMs = givenMs ?? arrivedAtMs;
  return {
    command: { tenantId, appId, notAfterMs, ifUnknown, call: data.call },
    requestHash: requestHash({ appId, tenantId, call: data.call }),
    faults: [
      ...(givenMs === null ? [{ path: 'notAfter', message: DATE_TIME_RULE }] : []),
      ...faultsOfEnvelope({ tenantId, appId, notAfterMs }, data.call, arrivedAtMs, rules),
      ...faultsOfCall(data.call, rules).map(({ path, message }) => ({ path: path === '$' ? 'call' : `call.${path}`, message })),
    ],
  };
}

function faultsOfCall(call: Record<string, unknown>, { mediaHosts: hosts, maxCallBytes }: CreateCallRules): CallFault[] {
  const faults = validateCall(call, maxCallBytes);
  // Only a valid call has a bounded number of media addresses.
  return hosts === null || faults.length > 0 ? faults : mediaFaultsOf(call, { setting: 'DISPATCHER_MEDIA_HOSTS', hosts });
}

function faultsOfEnvelope(
  { tenantId, appId, notAfterMs }: Pick<LedgerCommand, 'tenantId' | 'appId' | 'notAfterMs'>,
  call: Record<string, unknown>,
  arrivedAtMs: number,
  rules: CreateCallRules,
): CallFault[] {
  const faults: CallFault[] = [];
  const tenantsOfApp = rules.apps.get(appId);
  if (tenantsOfApp === undefined) {
    const message = 'is not an app registration of this installation; leave it out, or add it to GRAPH_APPS_FILE';
    faults.push({ path: 'appId', message });
  } else if (tenantsOfApp.length > 0 && !tenantsOfApp.includes(tenantId)) {
    const message = 'is not a tenant that this app calls; name another appId, or add it to the app’s tenants in GRAPH_APPS_FILE';
    faults.push({ path: 'tenantId', message });
  }
  if (rules.tenants.length > 0 && !rules.tenants.some((tenant) => tenant.toLowerCase() === tenantId)) {
    faults.push({ path: 'tenantId', message: 'is not a tenant that this installation calls; add it to GRAPH_TENANTS' });
  }
  const inCall = call['tenantId'];
  if (typeof inCall === 'string' && inCall.toLowerCase() !== tenantId) {
    faults.push({ path: 'call.tenantId', message: 'must be the command’s tenantId' });
  }
  if (notAfterMs > arrivedAtMs + DAY_MS) {
    faults.push({ path: 'notAfter', message: 'must be at most 24 h after the command’s arrival' });
  }
  return faults;
}
