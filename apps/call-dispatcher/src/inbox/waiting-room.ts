import type { LedgerCommand } from '@callbus/contracts';
import type { CallFault } from '@callbus/graph';
import { waitingBytesOf } from '../ledger/kept-dispatches.js';
import type { TallyLimits, TenantTally } from '../ledger/tenant-tally.js';

const SETTING_OF: Readonly<Record<keyof TallyLimits, string>> = {
  perTenant: 'WAITING_MAX_BYTES_PER_TENANT',
  inAll: 'WAITING_MAX_BYTES',
};

/**
 * Why a call may not be accepted now: every dispatcher keeps the bodies of all calls that wait in memory. Commands that
 * are taken at the same moment may pass a limit by what they have in hand.
 * @param waiting what is kept already; calls whose outcome is unknown are not in it
 */
export function faultsOfRoom(waiting: TenantTally, { tenantId, call }: LedgerCommand, limits: TallyLimits): CallFault[] {
  const exceeded = waiting.exceeded(tenantId, waitingBytesOf(call), limits);
  if (exceeded === null) return [];
  const whose = exceeded === 'perTenant' ? 'of the tenant' : 'of all tenants';
  const message = `is valid, but there is no room: the waiting calls ${whose} may take ${limits[exceeded]} bytes (${SETTING_OF[exceeded]}); send it again with a fresh callId when some of them are dialled or ended`;
  return [{ path: 'call', message }];
}
