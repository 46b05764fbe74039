// A rogue is a process of its own, which Node runs from its source: it imports no file that only jest can load.

/** What a rogue is told of the system that it attacks. */
export interface Targets {
  /** PEM file of the authority that signed the certificates of the services. */
  readonly ca: string;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly gatewayUrl: string;
  /** The rogue's own app in the honest tenant, with the roles of every caller. */
  readonly caller: {
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly scope: string;
    readonly tenantId: string;
  };
  /** A call of the honest tenant that lives during the whole run, and the address of its callbacks. */
  readonly liveCallId: string;
  readonly callbackUri: string;
  /** Claims of the tokens that Graph sends with callbacks. */
  readonly callbackClaims: Readonly<Record<string, string>>;
  /** The tenant that the rogue's commands on Kafka name. */
  readonly otherTenantId: string;
  /** A call as Graph documents it. */
  readonly call: Readonly<Record<string, unknown>>;
}

export interface Attack {
  readonly name: string;
  /** Attempts per second while the rogue attacks. */
  readonly perSecond: number;
  /** The allowed outcomes of an attempt. Any other fails the test. */
  readonly comesTo: readonly (string | number)[];
  /** @returns the outcome @throws if the other side breaks the connection */
  readonly attempt: () => Promise<string | number>;
}

/** The outcomes of one attack. */
export interface Outcome {
  /** Number of attempts by outcome: a status, a code of Kafka's, or BROKEN. */
  readonly answers: Record<string, number>;
  /** Outcomes that are not allowed. */
  readonly unexpected: readonly string[];
}

/** By the name of the attack. */
export type Tally = Readonly<Record<string, Outcome>>;

/** The other side closed the connection before it had read the whole request. */
export const BROKEN = 'broken';

export type Order = 'attack' | 'pause' | 'report';

/** Most attempts of one attack at once; further ones are skipped. */
const MOST_UNDER_WAY = 50;

export function targets(): Targets {
  return JSON.parse(process.env['ROGUE_TARGETS'] ?? '') as Targets;
}

/** Attacks while the parent process tells it to, and ends with the parent. */
export function obeyParent(attacks: readonly Attack[]): void {
  const tally: Record<string, Record<string, number>> = {};
  let timers: NodeJS.Timeout[] = [];
  const pause = (): void => {
    for (const timer of timers) clearInterval(timer);
    timers = [];
  };
  const begin = ({ name, perSecond, attempt }: Attack): NodeJS.Timeout => {
    const answers = (tally[name] ??= {});
    let underWay = 0;
    return setInterval(() => {
      if (underWay >= MOST_UNDER_WAY) return;
      underWay += 1;
      void attempt()
        .catch(codeOf)
        .then((answer) => {
          underWay -= 1;
          answers[answer] = (answers[answer] ?? 0) + 1;
        });
    }, 1_000 / perSecond);
  };
  process.on('message', (order: Order) => {
    if (order === 'report') process.send?.(tallied(attacks, tally));
    else pause();
    if (order === 'attack') timers = attacks.map(begin);
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

function tallied(attacks: readonly Attack[], tally: Readonly<Record<string, Record<string, number>>>): Tally {
  const outcomes = attacks.map(({ name, comesTo }) => {
    const answers = tally[name] ?? {};
    const unexpected = Object.keys(answers).filter((answer) => !comesTo.map(String).includes(answer));
    return [name, { answers, unexpected }] as const;
  });
  return Object.fromEntries(outcomes);
}

const BROKEN_CODES = ['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'];

function codeOf(error: unknown): string {
  const { type, code, message, cause } = error as { type?: string; code?: string; message?: string; cause?: unknown };
  if (code !== undefined && BROKEN_CODES.includes(code)) return BROKEN;
  return type ?? code ?? (cause === undefined ? (message ?? 'unknown') : codeOf(cause));
}
