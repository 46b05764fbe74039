import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../apps/local-stack/src/services/ports.js';
import { Witness } from '../faults/witness.js';
import { plainKafka } from '../support/plain-kafka.js';
import { StackForTests, until } from '../support/stack-for-tests.js';
import { ServiceAddress } from './service-address.js';

const RECEIVERS = ['notification-receiver-1', 'notification-receiver-2'] as const;

/** In the order of a rolling upgrade (docs/operations.md): the sequencer, whose snapshots the others read, comes last. */
export const SERVICES = [
  'gateway-1',
  'call-dispatcher-1',
  'call-dispatcher-2',
  ...RECEIVERS,
  'notification-sequencer-1',
  'notification-sequencer-2',
] as const;

/** Of the consumer groups, and the topic that each has to read to its end. */
const GROUPS = {
  'call-dispatcher': 'commands',
  'call-dispatcher-operator': 'operator-commands',
  'call-dispatcher-relay': 'dispatch-ledger',
  'notification-sequencer': 'observations',
};

/** As long as the receivers' address takes to notice that one is no longer ready, several times over. */
const SHUTDOWN_DELAY_MS = 2_000;
/** Calls that nobody has seen the end of while a sequencer is away. */
export const RAISED = { GRAPH_MAX_LIVE_CALLS: '10000' } as const;

export interface RollingStackOptions {
  /** A folder with the build that each service runs from until it is restarted. @default this one */
  readonly upgradeFrom?: string;
  /** A folder with the build that each service runs from once it is restarted. @default this one */
  readonly upgradeTo?: string;
}

/** A stack with two of each kind but the gateway, whose services are replaced one at a time while it works. */
export class RollingStack {
  private constructor(
    readonly stack: StackForTests,
    readonly seen: Witness,
    private readonly receivers: ServiceAddress,
  ) {}

  static async start({ upgradeFrom, upgradeTo }: RollingStackOptions = {}): Promise<RollingStack> {
    const receivers = await ServiceAddress.open();
    const taken = new Set<number>();
    const ports = new Map<string, number>();
    for (const name of RECEIVERS) ports.set(name, await freePort(taken));
    const slowly = { SHUTDOWN_DELAY_MS: String(SHUTDOWN_DELAY_MS) };
    const stack = await StackForTests.start({
      dispatchers: 2,
      receivers: 2,
      sequencers: 2,
      launcherEnvironment: {
        ...(upgradeFrom !== undefined && { CALLBUS_UPGRADE_FROM: upgradeFrom }),
        ...(upgradeTo !== undefined && { CALLBUS_UPGRADE_TO: upgradeTo }),
      },
      environment: {
        'graph-simulator': { SIMULATOR_ESTABLISH_MS: '20', SIMULATOR_RING_MS: '30', SIMULATOR_TALK_MS: '300' },
        gateway: slowly,
        'call-dispatcher': { CALLBACK_PUBLIC_URL: receivers.url, ...RAISED },
        'notification-receiver': slowly,
        ...Object.fromEntries([...ports].map(([name, port]) => [name, { HTTP_PORT: String(port) }])),
      },
    });
    receivers.leadTo(ports, stack);
    return new RollingStack(stack, await Witness.of(stack), receivers);
  }

  async stop(): Promise<void> {
    await this.seen.stop();
    await this.receivers.close();
    await this.stack.stop();
  }

  /** Those that run from this build. @param folder of a project */
  servicesOf(folder: string): string[] {
    return SERVICES.filter((name) => {
      const [, , main = ''] = readFileSync(`/proc/${String(this.stack.pid(name))}/cmdline`, 'utf8').split('\0');
      return main.startsWith(join(folder, 'apps/'));
    });
  }

  /** What the services have logged as an error. */
  errors(): string[] {
    return SERVICES.flatMap((name) =>
      this.stack
        .log(name)
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line)),
    );
  }

  /** Waits until every group has read its topic to the end. */
  async untilNoLag(): Promise<void> {
    const { kafka, topicPrefix } = this.stack.file;
    const admin = plainKafka(kafka.brokers).admin();
    await admin.connect();
    try {
      for (const [group, name] of Object.entries(GROUPS)) {
        const topic = `${topicPrefix}${name}`;
        await until(`${group} has read all of ${topic}`, async () => {
          const ends = await admin.fetchTopicOffsets(topic);
          const [read] = await admin.fetchOffsets({ groupId: `${topicPrefix}${group}`, topics: [topic] });
          const committed = new Map(read?.partitions.map(({ partition, offset }) => [partition, offset]));
          return ends.every(({ partition, high }) => high === '0' || committed.get(partition) === high);
        });
      }
    } finally {
      await admin.disconnect();
    }
  }
}
