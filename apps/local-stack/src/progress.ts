import { printableLines } from '@callbus/chassis';

/** Tells people what a slow start is busy with. */
export interface Progress {
  /** Runs one step and shows its name, the seconds that it takes, and how it ended. */
  step: <T>(title: string, run: () => Promise<T>) => Promise<T>;
  /** Prints text on lines of its own, apart from the running step. */
  say: (text: string) => void;
}

/** Without a terminal a running step is mentioned again every so often, milliseconds. */
const REMIND_EVERY_MS = 5_000;
const REDRAW_EVERY_MS = 1_000;

interface Output {
  readonly isTTY?: boolean;
  write: (text: string) => unknown;
}

/** On a terminal one line per step counts the seconds; elsewhere (CI logs) each step has a line when it begins to take long and one at its end. */
export function createProgress(output: Output = process.stderr): Progress {
  const isTerminal = output.isTTY === true;
  const step = async <T>(title: string, run: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const seconds = (): string => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
    const show = (): void => {
      output.write(isTerminal ? `\r\u001b[2K… ${title} ${seconds()}` : `… ${title} (${seconds()} so far)\n`);
    };
    if (isTerminal) show();
    const timer = setInterval(show, isTerminal ? REDRAW_EVERY_MS : REMIND_EVERY_MS);
    const finish = (sign: string): void => {
      clearInterval(timer);
      const took = ((performance.now() - begun) / 1000).toFixed(1);
      output.write(`${isTerminal ? '\r\u001b[2K' : ''}${sign} ${title} (${took} s)\n`);
    };
    try {
      const result = await run();
      finish('✓');
      return result;
    } catch (error) {
      finish('✗');
      throw error;
    }
  };
  return { step, say: (text) => output.write(`${printableLines(text)}\n`) };
}
