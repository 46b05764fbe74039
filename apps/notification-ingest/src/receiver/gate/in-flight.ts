export interface InFlightLimits {
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
}

/** What one callback takes up until it is over. */
export interface Place {
  /** Sees to it that there is room for so many bytes in all. @returns false when there is none */
  reserve(bytes: number): boolean;
  /** To be called once. */
  leave(): void;
}

/** The place of a callback whose sender is not proven yet. */
export interface UnprovenPlace {
  /** The caller calls it when the sender is proven. @param bytes size of the body @returns the place to continue in; null when the body finds no room */
  prove(bytes: number): Place | null;
  /** The caller calls it once, unless `prove` was called. */
  leave(): void;
}

/** Share of the places, or of their bytes, that must be taken before callbacks count as a possible cause of the process's lag. */
const BUSY_SHARE = 0.05;

/** Callbacks under way: how many, and the bytes of their bodies. One alone may be as large as it likes. */
export class InFlight {
  private count = 0;
  private bytes = 0;
  private unproven = 0;
  private onDrained: (() => void) | undefined;

  constructor(private readonly limits: InFlightLimits) {}

  /** @returns null when there is no room for a callback of so many bytes */
  enter(bytes: number): Place | null {
    if (this.count > 0 && this.count >= this.limits.maxInFlight) return null;
    if (this.count > 0 && this.bytes + bytes > this.limits.maxInFlightBytes) return null;
    this.count += 1;
    this.bytes += bytes;
    let reserved = bytes;
    return {
      reserve: (total) => {
        const more = Math.max(0, total - reserved);
        if (more > 0 && this.count > 1 && this.bytes + more > this.limits.maxInFlightBytes) return false;
        this.bytes += more;
        reserved += more;
        return true;
      },
      leave: () => {
        this.count -= 1;
        this.bytes -= reserved;
        if (this.count === 0) this.onDrained?.();
      },
    };
  }

  /**
   * Admits a callback whose sender cannot be proven yet. Its body stays unread. At most half of the places are for such callbacks,
   * so that forged ones leave room for proven ones.
   * @returns null when there is no room for another one
   */
  enterUnproven(): UnprovenPlace | null {
    if (this.unproven >= Math.ceil(this.limits.maxInFlight / 2)) return null;
    const place = this.enter(0);
    if (place === null) return null;
    this.unproven += 1;
    return {
      prove: (bytes) => {
        if (!place.reserve(bytes)) return null;
        this.unproven -= 1;
        return place;
      },
      leave: () => {
        this.unproven -= 1;
        place.leave();
      },
    };
  }

  /**
   * Whether callbacks may be the cause when the process lags. A busy machine and hostile clients make it lag too, and refusing
   * callbacks would not help then.
   */
  isBusy(): boolean {
    const { maxInFlight, maxInFlightBytes } = this.limits;
    return this.count >= maxInFlight * BUSY_SHARE || this.bytes >= maxInFlightBytes * BUSY_SHARE;
  }

  /** Resolves when nothing is under way, or after so long. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.count === 0) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const finish = (): void => {
      resolve(undefined);
    };
    const timer = setTimeout(finish, timeoutMs);
    this.onDrained = finish;
    await promise;
    clearTimeout(timer);
  }
}
