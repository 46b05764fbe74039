import { ownerKey, type Owner } from '../dialling/quotas.js';

/** Calls that something keeps from their next attempt, per app and tenant in the order they came: no tenant waits for another. */
export class WaitingLine {
  private readonly lines = new Map<string, { readonly owner: Owner; readonly reasons: Map<string, string> }>();

  /** @param reason what keeps it back, in words */
  add(callId: string, owner: Owner, reason: string): void {
    const key = ownerKey(owner);
    const line = this.lines.get(key) ?? { owner, reasons: new Map<string, string>() };
    this.lines.set(key, line);
    line.reasons.set(callId, reason);
  }

  /** Those that have calls in the line. */
  owners(): Owner[] {
    return [...this.lines.values()].map(({ owner }) => owner);
  }

  reasonOf(callId: string, owner: Owner): string | undefined {
    return this.lines.get(ownerKey(owner))?.reasons.get(callId);
  }

  remove(callId: string, owner: Owner): void {
    const key = ownerKey(owner);
    const line = this.lines.get(key);
    line?.reasons.delete(callId);
    if (line?.reasons.size === 0) this.lines.delete(key);
  }

  /**
   * Lets calls go on, the first of each line first, while nothing keeps their owner back.
   * @param goOn looks at the call again; it may come back to the line
   */
  advance(isFree: (owner: Owner) => boolean, goOn: (callId: string) => void): void {
    for (const { owner, reasons } of [...this.lines.values()]) {
      for (const callId of [...reasons.keys()]) {
        if (!isFree(owner)) break;
        this.remove(callId, owner);
        goOn(callId);
      }
    }
  }
}
