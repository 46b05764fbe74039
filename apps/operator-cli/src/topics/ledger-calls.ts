import { ContractError, decodeLedgerRecord, isCallId, type ContractErrorCode } from '@callbus/contracts';
import type { ReceivedRecord } from '@callbus/kafka';

export interface DamagedLedgerRecord extends ReceivedRecord {
  readonly reason: ContractErrorCode;
}

/** The calls of the ledger's readable records, and the records that are damaged. */
export class LedgerCalls {
  private readonly accepted = new Set<string>();
  /** Calls with records that can only follow an acceptance → offset of the last such record. */
  private readonly followed = new Map<string, bigint>();
  private readonly bad: DamagedLedgerRecord[] = [];

  take(record: ReceivedRecord): void {
    try {
      const { type, callId } = decodeLedgerRecord(record.value);
      if (type === 'Accepted' || type === 'Invalid') this.accepted.add(callId);
      // A call's end may be requested before the call is accepted.
      else if (type !== 'EndRequested') this.followed.set(callId, record.offset);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      this.bad.push({ ...record, reason: error.code });
    }
  }

  damaged(): readonly DamagedLedgerRecord[] {
    return this.bad;
  }

  /**
   * The calls whose acceptance may have been among unreadable records. No dispatcher looks after them.
   * @param lastOffset offset of the last unreadable record
   * @param told callIds of the calls that have a history
   */
  lostIn(lastOffset: bigint, told: Iterable<string>): string[] {
    const followed = [...this.followed].filter(([, offset]) => offset > lastOffset).map(([callId]) => callId);
    return [...new Set([...told, ...followed])].filter((callId) => !this.accepted.has(callId));
  }

  /**
   * The call of a damaged record, unless a readable record accepts it. A record of a newer release is not lost: newer dispatchers
   * read it.
   */
  lostBy({ key, reason }: DamagedLedgerRecord): string[] {
    const callId = String(key);
    const isLost = reason !== 'UNKNOWN_VERSION' && isCallId(callId) && !this.accepted.has(callId);
    return isLost ? [callId] : [];
  }
}
