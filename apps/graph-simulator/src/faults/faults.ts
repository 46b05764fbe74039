import { Injectable } from '@nestjs/common';
import { momentOf, type FaultMoment, type FaultOrder, type FaultTarget } from './fault-order.js';

/** What is known of the occasion at which a fault might strike. */
export type Facts = Readonly<Record<string, string | number | null | undefined>>;

export interface Fault {
  readonly id: number;
  readonly order: FaultOrder;
  readonly when: FaultMoment;
  /** Null until it is deleted. */
  timesLeft: number | null;
  struck: number;
}

/** The faults that are ordered, the oldest first. */
@Injectable()
export class Faults {
  private ordered: Fault[] = [];
  private lastId = 0;
  private healed = Promise.withResolvers<undefined>();

  add(order: FaultOrder): Fault {
    const timesLeft = order.times === undefined ? 1 : order.times;
    const fault = { id: (this.lastId += 1), order, when: momentOf(order), timesLeft, struck: 0 };
    this.ordered.push(fault);
    return fault;
  }

  list(): readonly Fault[] {
    return this.ordered;
  }

  /** Back to normal: nothing strikes any more, and what is held goes on. */
  clear(): void {
    this.ordered = [];
    this.healed.resolve(undefined);
    this.healed = Promise.withResolvers();
  }

  /** The fault that strikes now, which has used up one of its times; undefined if none does. */
  strike(
    on: FaultTarget,
    when: FaultMoment,
    facts: Facts,
    isMeant: (order: FaultOrder) => boolean = () => true,
  ): FaultOrder | undefined {
    const fault = this.ordered.find(
      (each) =>
        each.order.on === on && each.when === when && each.timesLeft !== 0 && isMeant(each.order) && matches(each.order, facts),
    );
    if (!fault) return undefined;
    fault.struck += 1;
    if (fault.timesLeft !== null) fault.timesLeft -= 1;
    return fault.order;
  }

  /** Waits so long, or without end if it is not told how long, but no longer than until the faults are deleted. */
  async pause(ms: number | undefined): Promise<void> {
    const timer = Promise.withResolvers<undefined>();
    const timeout =
      ms === undefined
        ? undefined
        : setTimeout(() => {
            timer.resolve(undefined);
          }, ms);
    await Promise.race([timer.promise, this.healed.promise]);
    clearTimeout(timeout);
  }
}

/** Text is compared without regard to case, since ids are written in either. */
function matches({ match = {} }: FaultOrder, facts: Facts): boolean {
  return Object.entries(match).every(([name, wanted]) => String(wanted).toLowerCase() === String(facts[name]).toLowerCase());
}
