import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AssignerProtocol, Partitioners, type Admin } from 'kafkajs';
import { freePort } from '../../apps/local-stack/src/services/ports.js';
import { createPeerCall } from '../support/peer-call.js';
import { commandMessage, PlainProducer, type HistoryEvent, type PlainMessage } from '../support/plain-kafka.js';
import { StackForTests, until } from '../support/stack-for-tests.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { withAdmin } from './kafka-admin.js';
import { Witness, type WitnessParts } from './witness.js';

export const DISPATCHERS = ['call-dispatcher-1', 'call-dispatcher-2'] as const;
export type Dispatcher = (typeof DISPATCHERS)[number];
export const SEQUENCER = 'notification-sequencer-1';
export const RECEIVER = 'notification-receiver-1';
/** The one behind the proxy to Kafka. */
export const PROXIED: Dispatcher = 'call-dispatcher-1';

/** Short times, so that a row takes seconds; each is a setting that an operator has too. */
export const TIMES = {
  sessionMs: 2_000,
  deadlineMs: 2_000,
  responseMs: 4_000,
  orphanMarginMs: 500,
  graceMs: 2_000,
  /** Far longer than a fault lasts, even on a busy machine, so that no call expires because of it. */
  notAfterMs: 110_000,
} as const;
/** An Intent whose process died counts as unknown after this. */
export const ORPHAN_MS = TIMES.deadlineMs + 2 * TIMES.responseMs + TIMES.orphanMarginMs;
const SKEW_MS = 10 * 60_000;
/** So narrow that a flood of a few hundred is one, and so quick that an outage of seconds shows. */
export const RECEIVER_LIMITS = {
  CALLBACK_STORE_TIMEOUT_MS: '3000',
  CALLBACK_MAX_IN_FLIGHT: '100',
  CALLBACK_KEYS_COOLDOWN_MS: '1000',
  HTTP_HEADERS_TIMEOUT_MS: '2000',
  HTTP_REQUEST_TIMEOUT_MS: '3000',
  HTTP_CONNECTIONS_CHECK_INTERVAL_MS: '200',
} as const;

/** A quota that no row uses up, except the row that sets its own. */
const ANY_NUMBER = '1000000';

export interface FaultStackOptions {
  /** Brokers of its Kafka; with more than one nothing of ours is between them and the services. @default 1 */
  readonly brokers?: number;
}

export interface Placing {
  /** Whose partitions the call is to lie in. */
  readonly of?: Dispatcher;
  readonly ifUnknown?: 'park' | 'redial';
  readonly notAfter?: string;
}

/**
 * A stack to break: real Kafka, two dispatchers whose wall clocks are ten minutes wrong, one each way (F36), proxies of
 * ours between them and everything they talk to, and readers of all topics for the oracle. What is killed stays dead
 * until it is restarted.
 */
export class FaultStack extends Witness {
  private readonly owned = new Map<number, Dispatcher>();
  /** Processes killed so far. */
  kills = 0;

  private constructor(
    witness: WitnessParts,
    readonly graph: TcpProxy,
    readonly authority: TcpProxy,
    readonly kafka: TcpProxy,
    /** Between the receiver and Kafka. */
    readonly receiverKafka: TcpProxy,
    readonly commands: PlainProducer,
    /** Of an operator, for releases. */
    readonly operatorCommands: PlainProducer,
    /** The file from which dispatchers read their monthly quota at their start. */
    private readonly quotaFile: string,
  ) {
    super(witness);
  }

  static async start({ brokers: brokerCount = 1 }: FaultStackOptions = {}): Promise<FaultStack> {
    const proxies = await Promise.all([TcpProxy.start(), TcpProxy.start(), TcpProxy.start(), TcpProxy.start()]);
    const [graph, authority, kafka, receiverKafka] = proxies;
    const taken = new Set<number>();
    for (const proxy of [kafka, receiverKafka]) proxy.targetPort = await freePort(taken);
    const simulatorPort = await freePort(taken);
    graph.targetPort = authority.targetPort = simulatorPort;
    const graphUrl = `https://localhost:${String(graph.port)}`;
    const quotaFile = join(mkdtempSync(join(tmpdir(), 'callbus-faults-')), 'calls-per-month');
    writeFileSync(quotaFile, ANY_NUMBER);
    const clock = (skewMs: number): Record<string, string> => ({
      NODE_OPTIONS: `--import=${new URL('skewed-clock.mjs', import.meta.url).href}`,
      CLOCK_SKEW_MS: String(skewMs),
    });
    const through = ({ port }: TcpProxy): Record<string, string> =>
      brokerCount === 1 ? { KAFKA_BROKERS: `127.0.0.1:${String(port)}` } : {};
    const starting = StackForTests.start({
      dispatchers: 2,
      restart: 'manual',
      launcherEnvironment: {
        CALLBUS_KAFKA_NODES: String(brokerCount),
        CALLBUS_READY_TIMEOUT_MS: '120000',
        CALLBUS_KAFKA_LISTENERS: JSON.stringify(
          [kafka, receiverKafka].map(({ targetPort, port }) => ({ port: targetPort, advertisedPort: port })),
        ),
      },
      environment: {
        // What the simulator calls itself is what an app asks a token for, so that has to be the proxy.
        'graph-simulator': {
          HTTP_PORT: String(simulatorPort),
          SIMULATOR_PUBLIC_URL: graphUrl,
          SIMULATOR_ESTABLISH_MS: '20',
          SIMULATOR_RING_MS: '30',
          SIMULATOR_TALK_MS: '300',
        },
        gateway: { GATEWAY_OPENID_URL: `${graphUrl}/common/v2.0/.well-known/openid-configuration` },
        'notification-receiver': {
          CALLBACK_OPENID_URL: `${graphUrl}/callbacks/v1/.well-known/OpenIdConfiguration`,
          ...through(receiverKafka),
          ...RECEIVER_LIMITS,
        },
        'notification-sequencer': {
          KAFKA_SESSION_TIMEOUT_MS: String(TIMES.sessionMs),
          SNAPSHOT_UPKEEP_INTERVAL_MS: '2000',
        },
        'call-dispatcher': {
          GRAPH_BASE_URL: graphUrl,
          GRAPH_AUTHORITY: `https://localhost:${String(authority.port)}`,
          KAFKA_SESSION_TIMEOUT_MS: String(TIMES.sessionMs),
          INTENT_DEADLINE_MS: String(TIMES.deadlineMs),
          GRAPH_CONNECT_TIMEOUT_MS: '1000',
          GRAPH_RESPONSE_TIMEOUT_MS: String(TIMES.responseMs),
          INTENT_ORPHAN_MARGIN_MS: String(TIMES.orphanMarginMs),
          UNKNOWN_GRACE_MS: String(TIMES.graceMs),
          NOT_AFTER_DEFAULT_MS: String(TIMES.notAfterMs),
          GRAPH_BREAKER_OPEN_MS: '500',
          RELAY_FORGET_INTERVAL_MS: '100',
          RELAY_LINGER_MS: '100',
          // Each row leaves its calls behind for the next.
          GRAPH_MAX_LIVE_CALLS: '100000',
          GRAPH_MAX_CALLS_PER_MONTH_FILE: quotaFile,
        },
        [PROXIED]: { ...through(kafka), ...clock(-SKEW_MS) },
        'call-dispatcher-2': clock(SKEW_MS),
      },
    });
    const stack = await starting.catch(async (error: unknown) => {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      throw error;
    });
    const producerOf = (topic: string): Promise<PlainProducer> =>
      PlainProducer.start(stack.file.kafka.brokers, `${stack.file.topicPrefix}${topic}`);
    const [commands, operatorCommands] = await Promise.all([producerOf('commands'), producerOf('operator-commands')]);
    const simulatorUrl = `https://localhost:${String(simulatorPort)}`;
    return new FaultStack(
      { stack, simulatorUrl, readers: await Witness.readersOf(stack) },
      graph,
      authority,
      kafka,
      receiverKafka,
      commands,
      operatorCommands,
      quotaFile,
    );
  }

  override async stop(): Promise<void> {
    await Promise.all([this.commands.stop(), this.operatorCommands.stop(), super.stop()]);
    await this.stack.stop();
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
    rmSync(dirname(this.quotaFile), { recursive: true });
  }

  private get proxies(): readonly TcpProxy[] {
    return [this.graph, this.authority, this.kafka, this.receiverKafka];
  }

  /** By the names of their processes. */
  get brokers(): readonly string[] {
    return this.stack.file.kafka.processes.map(({ name }) => name);
  }

  servicePids(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.stack.current().processes.map(({ name, pid }) => [name, pid]));
  }

  // ---- commands

  async place(placing: Placing = {}): Promise<string> {
    const [callId] = await this.placeMany(1, placing);
    return callId as string;
  }

  async placeMany(count: number, placing: Placing = {}): Promise<string[]> {
    const callIds = Array.from({ length: count }, () => this.newCallId(placing.of));
    await this.commands.send(...callIds.map((callId) => this.createCall(callId, placing)));
    return callIds;
  }

  createCall(callId: string, { ifUnknown, notAfter }: Placing = {}): PlainMessage {
    const { tenantId } = this.stack.file.caller;
    return createPeerCall(tenantId, { ...(ifUnknown && { ifUnknown }), ...(notAfter && { notAfter }) }, callId);
  }

  /** Calls that were answered and last until they are ended, spread over the partitions. */
  async placeLive(count: number): Promise<string[]> {
    const callIds = Array.from({ length: count }, (_, index) => this.newCallIdIn(index % PARTITIONS));
    for (const callId of callIds) await this.script({ talkMs: null, match: { callId } });
    await this.commands.send(...callIds.map((callId) => this.createCall(callId)));
    const isAnswered = ({ data }: HistoryEvent): boolean => data['state'] === 'established';
    await Promise.all(callIds.map((callId) => this.events.historyWith(callId, isAnswered)));
    return callIds;
  }

  /** Hangs up, and waits until the histories say so. */
  async endAll(callIds: readonly string[]): Promise<void> {
    for (const callId of callIds) await this.end(callId);
    await Promise.all(callIds.map((callId) => this.events.ended(callId)));
  }

  async end(callId: string): Promise<void> {
    const { tenantId } = this.stack.file.caller;
    await this.commands.send(commandMessage('EndCall', { callId, tenantId }, randomUUID()));
  }

  release(callId: string, attempt: number): PlainMessage {
    const { tenantId } = this.stack.file.caller;
    return commandMessage('ReleaseCall', { callId, tenantId, attempt, reason: 'a test', operator: 'test' }, randomUUID());
  }

  /** A callId in a partition of this dispatcher, as things are now. */
  newCallId(of?: Dispatcher): string {
    if (of === undefined) return randomUUID();
    for (;;) {
      const callId = randomUUID();
      if (this.owned.get(partitionOfKey(callId)) === of) return callId;
    }
  }

  /** A callId in this partition of the topics that have calls. */
  newCallIdIn(partition: number): string {
    for (;;) {
      const callId = randomUUID();
      if (partitionOfKey(callId) === partition) return callId;
    }
  }

  // ---- faults

  /** Orders a fault of the simulator. */
  async fault(order: Readonly<Record<string, unknown>>): Promise<void> {
    await this.simulator('faults', 'POST', order);
  }

  /** How often the faults that are ordered have struck. @param action only of these */
  async struck(action?: string): Promise<number> {
    const { faults } = (await this.simulator('faults')) as { faults: { action: string; struck: number }[] };
    return faults
      .filter((fault) => action === undefined || fault.action === action)
      .reduce((sum, fault) => sum + fault.struck, 0);
  }

  async clearFaults(): Promise<void> {
    await this.simulator('faults', 'DELETE');
  }

  /** Graph signs with a new key from now on, and publishes that one only. */
  async rotateCallbackKey(): Promise<void> {
    await this.simulator('keys', 'POST', { rotate: 'callback' });
  }

  pid(name: string): number {
    const pid = this.stack.pid(name);
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  async kill(name: string): Promise<void> {
    this.kills += 1;
    await this.stack.kill(name);
  }

  /** Waits until a process that something else kills has gone. */
  async untilDead(name: string): Promise<void> {
    this.kills += 1;
    await until(`${name} is dead`, () => this.stack.pid(name) === undefined);
  }

  async restart(name: string): Promise<void> {
    await this.stack.restart(name);
  }

  /** Runs the action while the dispatchers allow each app this many calls a month in a tenant; restarts them before and after. */
  async withQuota(callsPerMonth: number, work: () => Promise<void>): Promise<void> {
    const restartWith = async (quota: string): Promise<void> => {
      writeFileSync(this.quotaFile, quota);
      await Promise.all(DISPATCHERS.map((name) => this.restart(name)));
      await this.untilShared();
    };
    await restartWith(String(callsPerMonth));
    try {
      await work();
    } finally {
      await restartWith(ANY_NUMBER);
    }
  }

  /** Everything back to normal: faults off, proxies pass, all that is dead started, the partitions shared out. */
  async heal(): Promise<void> {
    await this.clearFaults();
    for (const proxy of this.proxies) proxy.heal();
    for (const name of [...this.brokers, ...DISPATCHERS, RECEIVER, SEQUENCER])
      if (this.stack.pid(name) === undefined) await this.restart(name);
    await this.untilShared();
  }

  /** Waits until both dispatchers have partitions of the commands topic, and notes whose is whose. */
  async untilShared(): Promise<void> {
    await this.untilOwnedBy(...DISPATCHERS);
  }

  /** Waits until these dispatchers, and no others, have the partitions of the commands topic. */
  async untilOwnedBy(...owners: readonly Dispatcher[]): Promise<void> {
    await withAdmin(this, async (admin, prefix) => {
      await until('the partitions are shared out', async () => {
        this.owned.clear();
        for (const [partition, owner] of await ownersOf(admin, `${prefix}call-dispatcher`)) this.owned.set(partition, owner);
        const names = new Set(this.owned.values());
        return this.owned.size === PARTITIONS && names.size === owners.length && owners.every((name) => names.has(name));
      });
    });
  }

  /** Waits until one of these dispatchers runs the relay. @returns which one */
  async untilRelayHeldBy(...holders: readonly Dispatcher[]): Promise<Dispatcher> {
    return withAdmin(this, async (admin, prefix) => {
      let holder: Dispatcher | undefined;
      await until(`the ledger is reported by ${holders.join(' or ')}`, async () => {
        holder = (await ownersOf(admin, `${prefix}call-dispatcher-relay`)).get(0);
        return holder !== undefined && holders.includes(holder);
      });
      return holder!;
    });
  }

  /** Waits until the relay's group has committed everything that is in the ledger now. */
  async untilRelayed(): Promise<void> {
    await withAdmin(this, async (admin, prefix) => {
      const topic = `${prefix}dispatch-ledger`;
      const [range] = await admin.fetchTopicOffsets(topic);
      await until('the relay has committed', async () => {
        const [answer] = await admin.fetchOffsets({ groupId: `${prefix}call-dispatcher-relay`, topics: [topic] });
        return Number(answer?.partitions[0]?.offset) >= Number(range?.high);
      });
    });
  }
}

/** Which dispatcher has which partition in a consumer group; empty while the group shares them out. */
async function ownersOf(admin: Admin, groupId: string): Promise<Map<number, Dispatcher>> {
  const { groups } = await admin.describeGroups([groupId]);
  const owners = new Map<number, Dispatcher>();
  for (const { clientId, memberAssignment } of groups[0]?.state === 'Stable' ? groups[0].members : []) {
    const { assignment = {} } = AssignerProtocol.MemberAssignment.decode(memberAssignment) ?? {};
    for (const partition of Object.values(assignment).flat()) owners.set(partition, clientId as Dispatcher);
  }
  return owners;
}

const PARTITIONS = 12;
const METADATA = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [1],
  isr: [1],
}));
const partitioner = Partitioners.DefaultPartitioner();

/** The partition that any client with Java's murmur2 chooses. */
export function partitionOfKey(key: string): number {
  return partitioner({ topic: 'commands', partitionMetadata: METADATA, message: { key, value: null } });
}
