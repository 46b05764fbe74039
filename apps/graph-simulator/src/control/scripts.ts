import type { CallScript } from '../calls/call-script.js';
import type { Facts } from '../faults/faults.js';
import type { SimulatorSettings } from '../simulator-settings.js';

/** Which script a call plays: the newest that was given for calls like it, else the one for all. */
export class Scripts {
  private forAll: CallScript;
  private special: { readonly match: Readonly<Record<string, unknown>>; readonly script: CallScript }[] = [];

  constructor(private readonly fromSettings: CallScript) {
    this.forAll = fromSettings;
  }

  /** The script for all calls, to which a new one need name only the differences. */
  current(): CallScript {
    return this.forAll;
  }

  put(script: CallScript, match?: Readonly<Record<string, unknown>>): void {
    if (match) this.special.unshift({ match, script });
    else this.forAll = script;
  }

  reset(): void {
    this.forAll = this.fromSettings;
    this.special = [];
  }

  of(facts: Facts): CallScript {
    const isLike = (match: Readonly<Record<string, unknown>>): boolean =>
      Object.entries(match).every(([name, wanted]) => String(wanted).toLowerCase() === String(facts[name]).toLowerCase());
    return this.special.find(({ match }) => isLike(match))?.script ?? this.forAll;
  }
}

export function scriptOf({ establishMs, ringMs, talkMs, hangUpMs }: SimulatorSettings): CallScript {
  return { establishMs, ringMs, answer: 'answered', talkMs, hangUpMs, audioActive: false, roster: [] };
}
