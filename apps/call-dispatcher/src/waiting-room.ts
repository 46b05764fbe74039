import type { LedgerCommand } from '@callbus/contracts';
import type { CallFault } from '@callbus/graph';
import { waitingBytesOf } from './kept-dispatches.js';
import type { TallyLimits, TenantTally } from './tenant-tally.js';

const SETTING_OF: Readonly<Record<keyof TallyLimits, string>> = {
  perTenant: 'WAITING_MAX_BYTES_PER_TENANT',
  inAll: 'WAITING_MAX_BYTES',
};

/**
 * Faults of a call for which there is no room: every dispatcher keeps the bodies of all calls that can be dialled in memory.
 * Commands that are judged at the same moment may together exceed a limit.
 * @param waiting bytes that the calls in the ledger take already
 */
export function faultsOfRoom(waiting: TenantTally, { tenantId, call }: LedgerCommand, limits: TallyLimits): CallFault[] {
  const exceeded = waiting.exceeded(tenantId, waitingBytesOf(JSON.stringify(call)), limits);
  if (exceeded === null) return [];
  const whose = exceeded === 'perTenant' ? 'of the tenant' : 'of all tenants';
  const message = `is valid, but there is no room: the waiting calls ${whose} may take ${limits[exceeded]} bytes (${SETTING_OF[exceeded]}); send it again with a fresh callId when some of them are dialled or ended`;
  return [{ path: 'call', message }];
}
