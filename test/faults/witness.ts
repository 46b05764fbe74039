import { PlainReader } from '../support/plain-kafka.js';
import { until, type StackForTests } from '../support/stack-for-tests.js';
import { outcomeOf, Seen, shown, violations, type Evidence, type SeenDelivery, type SeenPost } from './oracle.js';

const EVIDENCE_MS = 250;
const FEW_CALLS = 10;

type Readers = Omit<Evidence, 'posts' | 'deliveries'> & { readonly commandLog: PlainReader };

export interface WitnessParts {
  readonly stack: StackForTests;
  readonly simulatorUrl: string;
  readonly readers: Readers;
}

/** Where the callbacks of a call go, and how Graph names the call. */
export interface CallbackTarget {
  readonly callbackUri: string;
  readonly graphCallId: string;
}

/** What can be seen of a stack from outside, for the oracle: all topics, and the simulator’s records. */
export class Witness {
  private kept: { readonly untilMs: number; readonly evidence: Promise<Evidence> } | undefined;

  readonly stack: StackForTests;
  private readonly simulatorUrl: string;
  private readonly readers: Readers;

  protected constructor({ stack, simulatorUrl, readers }: WitnessParts) {
    this.stack = stack;
    this.simulatorUrl = simulatorUrl;
    this.readers = readers;
  }

  static async of(stack: StackForTests, unread: readonly string[] = []): Promise<Witness> {
    const readers = await Witness.readersOf(stack, unread);
    return new Witness({ stack, simulatorUrl: stack.file.simulator?.url ?? '', readers });
  }

  /** @param unread topics that are not read, because they hold too much to keep */
  protected static async readersOf({ file }: StackForTests, unread: readonly string[] = []): Promise<Readers> {
    const read = (name: string): Promise<PlainReader> => {
      const topic = `${file.topicPrefix}${name}`;
      return unread.includes(name) ? Promise.resolve(PlainReader.idle(topic)) : PlainReader.start(file.kafka.brokers, topic);
    };
    const [ledger, observations, events, snapshots, commandDeadLetters, commandLog] = await Promise.all(
      ['dispatch-ledger', 'observations', 'events', 'snapshots', 'commands.dead-letter', 'commands'].map(read),
    );
    return { ledger, observations, events, snapshots, commandDeadLetters, commandLog } as Readers;
  }

  /** Reads no more; the stack goes on. */
  async stop(): Promise<void> {
    await Promise.all(Object.values(this.readers).map((reader) => reader.stop()));
  }

  get ledger(): PlainReader {
    return this.readers.ledger;
  }

  get events(): PlainReader {
    return this.readers.events;
  }

  observationsOf(callId: string): { kind: string }[] {
    return this.readers.observations.of(callId).map(({ value }) => JSON.parse(String(value)) as { kind: string });
  }

  get commandLog(): PlainReader {
    return this.readers.commandLog;
  }

  get deadLetters(): PlainReader {
    return this.readers.commandDeadLetters;
  }

  /** Everything, no older than EVIDENCE_MS. */
  async evidence(): Promise<Evidence> {
    if (this.kept === undefined || performance.now() > this.kept.untilMs) {
      this.kept = { untilMs: performance.now() + EVIDENCE_MS, evidence: this.gather() };
    }
    return await this.kept.evidence;
  }

  /** @param callIds only of these, if they are few: the simulator's records grow long */
  private async gather(callIds: readonly string[] = []): Promise<Evidence> {
    const isFew = callIds.length > 0 && callIds.length <= FEW_CALLS;
    const queries = isFew ? callIds.map((callId) => `?callId=${callId}`) : [''];
    const read = async <T>(what: string): Promise<T[]> =>
      (await Promise.all(queries.map((query) => this.simulator(`${what}${query}`)))).flatMap(
        (answer) => (answer as Record<string, T[]>)[what] ?? [],
      );
    const [posts, deliveries] = await Promise.all([read<SeenPost>('posts'), read<SeenDelivery>('deliveries')]);
    return { ...this.readers, posts: new Seen(posts), deliveries: new Seen(deliveries) };
  }

  notificationsOf(callId: string): number {
    return this.observationsOf(callId).filter(({ kind }) => kind === 'notification').length;
  }

  /** Waits until so many of these calls' callbacks are on Kafka. */
  async untilObserved(callIds: readonly string[], count: number): Promise<void> {
    const seen = (): number => callIds.reduce((sum, callId) => sum + this.notificationsOf(callId), 0);
    await until(`${count} callbacks are on Kafka`, () => seen() >= count);
  }

  /** Waits until Graph has told of these calls to their end, whatever became of what it told. */
  async untilTold(callIds: readonly string[]): Promise<void> {
    const isOver = ({ answered, error, fault }: SeenDelivery): boolean =>
      answered !== null || error !== undefined || fault === 'drop';
    await until('Graph has told all', async () => {
      const { deliveries } = await this.gather();
      return callIds.every((callId) => {
        const told = deliveries.of(callId);
        return told.every(isOver) && told.some(({ state }) => state === 'terminated');
      });
    });
  }

  async postsOf(callId: string): Promise<readonly SeenPost[]> {
    return (await this.gather([callId])).posts.of(callId);
  }

  ledgerTypes(callId: string): string[] {
    return this.ledger.of(callId).map(({ value }) => (JSON.parse(String(value)) as { type: string }).type);
  }

  async untilLedger(callId: string, type: string, timeoutMs = 60_000): Promise<void> {
    await until(`the ledger has ${type} of ${callId}`, () => this.ledgerTypes(callId).includes(type), timeoutMs);
  }

  /** Waits until every call has its lasting outcome. @returns what they came to */
  async outcomes(callIds: readonly string[], timeoutMs = 120_000): Promise<string[]> {
    let left = callIds;
    const narrow = (): boolean => {
      left = left.filter((callId) => outcomeOf(callId, this.readers) === null);
      return left.length === 0;
    };
    await until(`each of ${String(callIds.length)} calls has a lasting outcome`, narrow, timeoutMs).catch(
      async (error: unknown) => {
        const evidence = await this.evidence();
        const facts = left.slice(0, 3).map((callId) => shown(callId, evidence));
        throw new Error(`${String(error)}; ${String(left.length)} have none:\n${facts.join('\n')}`, { cause: error });
      },
    );
    return callIds.map((callId) => outcomeOf(callId, this.readers) ?? 'none');
  }

  /** Waits until the oracle finds nothing wrong with any of them. @returns the evidence @throws with what it finds at the end */
  async untilInOrder(callIds: readonly string[], timeoutMs = 60_000): Promise<Evidence> {
    let evidence = await this.gather(callIds);
    const isInOrder = async (): Promise<boolean> => {
      evidence = await this.gather(callIds);
      return callIds.every((callId) => violations(callId, evidence).length === 0);
    };
    await until(`all of ${String(callIds.length)} calls are in order`, isInOrder, timeoutMs).catch((error: unknown) => {
      const found = callIds.flatMap((callId) =>
        violations(callId, evidence).map((what) => `${what}\n  ${shown(callId, evidence)}`),
      );
      throw new Error(`${String(error)}:\n${found.slice(0, 10).join('\n')}`, { cause: error });
    });
    return evidence;
  }

  // ---- what Graph does

  async callbackTarget(callId: string): Promise<CallbackTarget> {
    const [post] = await this.postsOf(callId);
    const created = this.events.history(callId).find(({ type }) => type === 'CallCreated');
    if (post === undefined || created === undefined) throw new Error(`${callId} was not created`);
    return { callbackUri: post.body.callbackUri, graphCallId: String(created.data['graphCallId']) };
  }

  /**
   * Lets Graph send a callback about a call.
   * @param more further options, such as how it is signed
   * @returns the receiver's answer
   */
  async callBack(
    { callbackUri, graphCallId }: CallbackTarget,
    call: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, unknown>> }> {
    const resourceData = { '@odata.type': '#microsoft.graph.call', ...call };
    const notification = { changeType: 'updated', resourceUrl: `/communications/calls/${graphCallId}`, resourceData };
    const order = { callbackUri, body: { value: [notification] }, ...more };
    const response = await this.fetchSimulator('notifications', 'POST', order);
    const answer = (await response.json()) as { status: number; headers: Record<string, unknown> };
    if (response.status === 502) return { status: 502, headers: {} };
    if (response.status !== 200) throw new Error(`the simulator did not understand: ${JSON.stringify(answer)}`);
    return answer;
  }

  async script(script: Readonly<Record<string, unknown>>): Promise<void> {
    await this.simulator('script', 'PUT', script);
  }

  protected async simulator(path: string, method = 'GET', body?: object): Promise<unknown> {
    const response = await this.fetchSimulator(path, method, body);
    const text = await response.text();
    if (response.status >= 300) throw new Error(`the simulator answered ${String(response.status)} to ${path}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  protected async fetchSimulator(path: string, method: string, body?: object): ReturnType<StackForTests['fetch']> {
    return await this.stack.fetch(`${this.simulatorUrl}/simulator/${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  }
}
