import type { CreateCallData } from '@callbus/contracts';
import { tooManyRequests } from '../http/api-error.js';
import { isDecided } from './call-outcome.js';
import type { KnownCalls } from './known-calls.js';

/** No call waits longer for its dial. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1_000;
/** Bytes that each command counts in addition to its call, as in the dispatcher. */
const BYTES_BESIDE_CALL = 1_024;
const RETRY_AFTER_SECONDS = 10;

/**
 * The creates that this process has sent and whose outcome it does not know yet, in bytes per tenant. Dispatchers keep them in
 * memory and fail creates beyond their limit permanently. The gateway refuses earlier, so that the caller can retry.
 */
export class WaitingCommands {
  private readonly bytesOfTenant = new Map<string, number>();

  constructor(
    private readonly known: Pick<KnownCalls, 'waitFor'>,
    private readonly maxBytesPerTenant: number,
  ) {}

  /** Sends the command, if its tenant has room. @throws ApiError 429, and whatever `send` throws */
  async send({ callId, tenantId, call }: CreateCallData, send: () => Promise<void>): Promise<void> {
    const bytes = Buffer.byteLength(JSON.stringify(call)) + BYTES_BESIDE_CALL;
    if (this.bytesOf(tenantId) + bytes > this.maxBytesPerTenant) {
      const message = `Too many calls of tenant ${tenantId} wait for their dial. Try again after Retry-After.`;
      throw tooManyRequests(message, RETRY_AFTER_SECONDS);
    }
    this.add(tenantId, bytes);
    try {
      await send();
    } catch (error) {
      this.add(tenantId, -bytes);
      throw error;
    }
    void this.known.waitFor(callId, LONGEST_WAIT_MS, isDecided).then(() => {
      this.add(tenantId, -bytes);
    });
  }

  private bytesOf(tenantId: string): number {
    return this.bytesOfTenant.get(tenantId) ?? 0;
  }

  private add(tenantId: string, change: number): void {
    const bytes = this.bytesOf(tenantId) + change;
    if (bytes > 0) this.bytesOfTenant.set(tenantId, bytes);
    else this.bytesOfTenant.delete(tenantId);
  }
}
