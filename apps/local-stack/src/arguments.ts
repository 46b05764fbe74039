import { parseArgs } from 'node:util';
import { messageOf, StackError } from './errors.js';

/** The examples of Microsoft's «Create call» page, by their numbers there. */
export const EXAMPLES = [1, 2, 3, 4, 5, 6, 7, 8] as const;
export type ExampleNumber = (typeof EXAMPLES)[number];

export interface StackArguments {
  /** Place a call and show its timeline. */
  readonly hasDemo: boolean;
  /** End the stack when the demo call has ended; the exit code says how it went. */
  readonly isOnce: boolean;
  readonly example: ExampleNumber;
  readonly graph: 'simulator' | 'real';
  /** `auto` takes free ports; undefined leaves it to CALLBUS_PORTS. */
  readonly ports: 'fixed' | 'auto' | undefined;
  /** What becomes of a service that died: started again, or left to whoever controls the launcher. */
  readonly restart: 'auto' | 'manual';
  readonly counts: ServiceCounts;
}

export interface ServiceCounts {
  readonly dispatchers: number;
  readonly receivers: number;
  readonly sequencers: number;
}

/** More of one kind than this is a typing mistake on one machine. */
const MOST_OF_A_KIND = 8;

export const USAGE = `npm start [-- options]        starts everything, places a call and shows its timeline
npm run stack [-- options]    starts everything and stays up

  --once                 end after the demo call: exit code 0 if it ended well (npm start only)
  --example 1..8         which of Graph's documented calls the demo places (default 1)
  --dispatchers N        processes of the call-dispatcher (default 1)
  --receivers N          processes of the notification receiver (default 1)
  --sequencers N         processes of the notification sequencer (default 1)
  --ports auto           take free ports instead of the documented ones
  --graph real           a real tenant, by the settings in .env, instead of the simulator
  --restart manual       leave a service that died as it is (for fault tests)
`;

/** @throws StackError ARGUMENTS */
export function parseArguments(args: readonly string[]): StackArguments {
  const values = valuesOf(args);
  const hasDemo = values.demo ?? false;
  const isOnce = values.once ?? false;
  if (isOnce && !hasDemo) throw fault('--once ends the stack after the demo call, which only «npm start» places.');
  return {
    hasDemo,
    isOnce,
    example: oneOf('--example', EXAMPLES, Number(values.example ?? 1)),
    graph: oneOf('--graph', ['simulator', 'real'], values.graph ?? 'simulator'),
    ports: values.ports === undefined ? undefined : oneOf('--ports', ['fixed', 'auto'], values.ports),
    restart: oneOf('--restart', ['auto', 'manual'], values.restart ?? 'auto'),
    counts: {
      dispatchers: count('--dispatchers', values.dispatchers),
      receivers: count('--receivers', values.receivers),
      sequencers: count('--sequencers', values.sequencers),
    },
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        demo: { type: 'boolean' },
        once: { type: 'boolean' },
        example: { type: 'string' },
        graph: { type: 'string' },
        ports: { type: 'string' },
        restart: { type: 'string' },
        dispatchers: { type: 'string' },
        receivers: { type: 'string' },
        sequencers: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw fault(messageOf(error));
  }
}

function oneOf<const T extends string | number>(option: string, allowed: readonly T[], value: string | number): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw fault(`${option} must be one of ${allowed.join(', ')}.`);
  return found;
}

function count(option: string, text = '1'): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MOST_OF_A_KIND) {
    throw fault(`${option} must be a whole number from 1 to ${MOST_OF_A_KIND}.`);
  }
  return value;
}

function fault(message: string): StackError {
  return new StackError('ARGUMENTS', `${message}\n\n${USAGE}`);
}
