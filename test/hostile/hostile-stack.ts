import { randomUUID } from 'node:crypto';
import { residentMb } from '../../bench/history/resident-memory.js';
import { podMemory } from '../../bench/ledger/pod-memory.js';
import { DEVELOPMENT } from '../../apps/local-stack/src/identities/development-identities.js';
import { freePort } from '../../apps/local-stack/src/services/ports.js';
import { Witness, type CallbackTarget, type WitnessParts } from '../faults/witness.js';
import { peerCall } from '../support/peer-call.js';
import { StackForTests } from '../support/stack-for-tests.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { Targets } from './rogues/rogue.ts';

/** The receiver behind the slow network. */
const SLOW_RECEIVER = 'notification-receiver-2';
/** Topics that the witness does not read: a rogue producer writes too much to keep, and its bombs are too much to inflate. */
const UNREAD = ['commands', 'commands.dead-letter'];
/** Lower than the default by as much as the rogues flood less than they could: one machine runs everything here. */
const MOST_UNPROVEN_PER_SECOND = 10;
/** Of no use to what is examined here. */
const ANY_NUMBER = '1000000';
const TALK_MS = 300;
const MIB = 1_048_576 / 1_000_000;

/**
 * A stack whose services have the settings of production and the heap of their pods, with two receivers: the second one
 * reaches Kafka over a slow network only.
 */
export class HostileStack extends Witness {
  private constructor(
    parts: WitnessParts,
    /** The proxy between the second receiver and Kafka. */
    readonly slowKafka: TcpProxy,
    private readonly slowReceiverPort: number,
    private readonly token: string,
  ) {
    super(parts);
  }

  static async start(): Promise<HostileStack> {
    const slowKafka = await TcpProxy.start();
    const taken = new Set<number>();
    slowKafka.targetPort = await freePort(taken);
    const slowReceiverPort = await freePort(taken);
    const [dispatcher, others] = await Promise.all([podMemory(), podMemory('pod.yaml')]);
    const heap = (heapMib: number) => ({ NODE_OPTIONS: `--enable-source-maps --max-old-space-size=${String(heapMib)}` });
    const starting = StackForTests.start({
      dispatchers: 2,
      receivers: 2,
      launcherEnvironment: {
        CALLBUS_KAFKA_LISTENERS: JSON.stringify([{ port: slowKafka.targetPort, advertisedPort: slowKafka.port }]),
      },
      environment: {
        'graph-simulator': { SIMULATOR_ESTABLISH_MS: '20', SIMULATOR_RING_MS: '30', SIMULATOR_TALK_MS: String(TALK_MS) },
        gateway: { ...heap(others.heapMib), GATEWAY_UNPROVEN_REQUESTS_PER_SECOND: String(MOST_UNPROVEN_PER_SECOND) },
        'call-dispatcher': {
          ...heap(dispatcher.heapMib),
          GRAPH_MAX_LIVE_CALLS: ANY_NUMBER,
          GRAPH_MAX_CALLS_PER_MONTH: ANY_NUMBER,
        },
        'notification-receiver': heap(others.heapMib),
        'notification-sequencer': heap(others.heapMib),
        [SLOW_RECEIVER]: { HTTP_PORT: String(slowReceiverPort), KAFKA_BROKERS: `127.0.0.1:${String(slowKafka.port)}` },
      },
    });
    const stack = await starting.catch(async (error: unknown) => {
      await slowKafka.stop();
      throw error;
    });
    const parts = {
      stack,
      simulatorUrl: stack.file.simulator?.url ?? '',
      readers: await Witness.readersOf(stack, UNREAD),
    };
    return new HostileStack(parts, slowKafka, slowReceiverPort, await stack.callerToken());
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.stack.stop();
    await this.slowKafka.stop();
  }

  /** Places a call over HTTP and waits until Graph has created it, or for 20 s (202). @returns its id @throws for another answer */
  async place(): Promise<string> {
    const response = await this.request('', 'POST', JSON.stringify(peerCall(this.stack.file.caller.tenantId)));
    const answer = await response.text();
    if (response.status !== 201 && response.status !== 202) throw new Error(`the call got ${String(response.status)}: ${answer}`);
    return (JSON.parse(answer) as { id: string }).id;
  }

  /** Places calls that are established and live until they are ended. @returns their ids */
  async placeLive(count: number): Promise<string[]> {
    await this.script({ talkMs: null });
    const callIds = await Promise.all(Array.from({ length: count }, () => this.place()));
    await Promise.all(callIds.map((id) => this.events.historyWith(id, ({ data }) => data['state'] === 'established')));
    await this.script({ talkMs: TALK_MS });
    return callIds;
  }

  async end(callId: string): Promise<void> {
    const { status } = await this.request(`/${callId}`, 'DELETE');
    if (status !== 202) throw new Error(`the end of ${callId} got ${String(status)}`);
    await this.events.ended(callId);
  }

  /** The same target at the receiver behind the slow network. */
  slowly({ callbackUri, graphCallId }: CallbackTarget): CallbackTarget {
    const address = new URL(callbackUri);
    address.port = String(this.slowReceiverPort);
    return { callbackUri: address.href, graphCallId };
  }

  /**
   * What rogues are told: the address of a live call's callbacks, and an app of their own. The app is in the honest tenant, so
   * that it may list the same calls.
   */
  async targets(liveCallId: string): Promise<Targets> {
    const { kafka, topicPrefix, ca, gateway, caller } = this.stack.file;
    const clientId = randomUUID();
    const clientSecret = randomUUID();
    await this.simulator(`apps/${clientId}`, 'PUT', { kind: 'caller', clientSecret });
    return {
      ca,
      brokers: kafka.brokers,
      topicPrefix,
      gatewayUrl: gateway.url,
      caller: { ...caller, clientId, clientSecret },
      otherTenantId: randomUUID(),
      liveCallId,
      callbackUri: (await this.callbackTarget(liveCallId)).callbackUri,
      callbackClaims: { iss: 'https://graph.microsoft.com', aud: DEVELOPMENT.botAppId, tid: caller.tenantId },
      call: peerCall(caller.tenantId),
    };
  }

  /** Process ids of the services by name, without the simulator. */
  servicePids(): Readonly<Record<string, number>> {
    const services = this.stack.current().processes.filter(({ name }) => !name.startsWith('graph-simulator'));
    return Object.fromEntries(services.map(({ name, pid }) => [name, pid]));
  }

  private async request(path: string, method: string, body?: string): ReturnType<StackForTests['fetch']> {
    return await this.stack.fetch(`${this.stack.file.gateway.url}/v1.0/communications/calls${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json', prefer: 'wait=20' },
      ...(body !== undefined && { body }),
    });
  }
}

/** Resident memory of each service, in units of 1,000,000 bytes. Services that have ended are left out. */
export async function memoryOf(pids: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const sizes = await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => [name, await residentMb(pid).catch(() => NaN)] as const),
  );
  return Object.fromEntries(sizes.filter(([, mb]) => !Number.isNaN(mb)));
}

/** Memory limit of the service's pod, in units of 1,000,000 bytes. */
export async function podMb(name: string): Promise<number> {
  const { limitMib } = await podMemory(name.startsWith('call-dispatcher') ? undefined : 'pod.yaml');
  return limitMib * MIB;
}
