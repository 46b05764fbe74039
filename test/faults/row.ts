import type { FaultStack } from './fault-stack.js';
import type { Random } from './random.js';

export interface RowContext {
  readonly system: FaultStack;
  readonly random: Random;
  /** Says that a fault was injected, for the figures. */
  readonly injected: (count?: number) => void;
  /** How often a fault is injected that can be repeated: once or twice show it, more make a soak. */
  readonly repeats: number;
  /** Says that the fault is over now: what follows is recovery. */
  readonly healed: () => void;
}

/** One row of the fault matrix. */
export interface FaultRow {
  /** `F1` … as in the matrix. */
  readonly id: string;
  readonly fault: string;
  /** Injects the fault, checks what the row alone says, and returns the calls that the oracle judges. */
  readonly run: (context: RowContext) => Promise<readonly string[]>;
}
