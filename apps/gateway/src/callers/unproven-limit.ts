import { normalizeIP } from '@fastify/rate-limit';
import { tooManyRequests } from '../http/api-error.js';
import type { GatewaySettings } from '../gateway-settings.js';

const SECOND_MS = 1_000;
/** Some proxies write the port of the connection into X-Forwarded-For. */
const ADDRESS_WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/;

export type UnprovenLimits = Pick<GatewaySettings, 'unprovenRequestsPerSecond' | 'plausibleTokensPerSecond'>;

interface Counts {
  readonly begunAtMs: number;
  readonly ofAddress: Map<string, number>;
  plausible: number;
}

/**
 * Limits the checks of tokens that were not proven before. Each address has a budget per second, which only failed checks spend.
 * An honest caller may share its address with a stranger who floods, so beyond the budget plausible tokens are still
 * checked, up to a limit for the whole process.
 */
export class UnprovenLimit {
  private counts: Counts;

  constructor(
    private readonly limits: UnprovenLimits,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    this.counts = { begunAtMs: -Infinity, ofAddress: new Map(), plausible: 0 };
  }

  /**
   * Called before a token is checked.
   * @param isPlausible asked only when the address's budget is spent
   * @returns a function to call when the token is proven: it gives back what the check took of the address's budget
   * @throws ApiError 429 when the budget is spent, unless the token is plausible and the process has room for plausible ones
   */
  async take(ip: string, isPlausible: () => Promise<boolean>): Promise<() => void> {
    const { unprovenRequestsPerSecond: max, plausibleTokensPerSecond } = this.limits;
    const counts = this.currentCounts();
    const address = addressOf(ip);
    const add = (count: number): void => {
      counts.ofAddress.set(address, (counts.ofAddress.get(address) ?? 0) + count);
    };
    if ((counts.ofAddress.get(address) ?? 0) < max) {
      add(1);
      return () => {
        add(-1);
      };
    }
    const hasRoom = (): boolean => counts.plausible < plausibleTokensPerSecond;
    if (hasRoom() && (await isPlausible()) && hasRoom()) {
      counts.plausible += 1;
      return () => undefined;
    }
    const message = `At most ${String(max)} requests a second without a proven token are taken from one address. Send a valid token, and try again after Retry-After.`;
    throw tooManyRequests(message, 1);
  }

  private currentCounts(): Counts {
    const nowMs = this.monotonicMs();
    if (nowMs - this.counts.begunAtMs >= SECOND_MS) this.counts = { begunAtMs: nowMs, ofAddress: new Map(), plausible: 0 };
    return this.counts;
  }
}

/** @returns the address whose budget counts: without a port; for IPv6 its network */
export function addressOf(ip: string): string {
  const [, v6, v4] = ADDRESS_WITH_PORT.exec(ip) ?? [];
  return normalizeIP(v6 ?? v4 ?? ip);
}
