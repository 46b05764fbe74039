import { setTimeout as delay } from 'node:timers/promises';
import type { StackForTests } from '../support/stack-for-tests.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const POLL_MS = 200;

/**
 * One address for several processes of a kind, as a Kubernetes Service is: a new connection goes to one that says it is
 * ready; connections that stand stay where they are.
 */
export class ServiceAddress {
  private readonly stopping = new AbortController();
  private polling: Promise<void> | undefined;

  private constructor(private readonly proxy: TcpProxy) {}

  static async open(): Promise<ServiceAddress> {
    return new ServiceAddress(await TcpProxy.start());
  }

  get url(): string {
    return `https://localhost:${String(this.proxy.port)}`;
  }

  /** @param ports where the processes listen, by their names */
  leadTo(ports: ReadonlyMap<string, number>, stack: StackForTests): void {
    this.proxy.targetPort = [...ports.values()][0] ?? 0;
    this.polling = this.poll(ports, stack);
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.polling;
    await this.proxy.stop();
  }

  private async poll(ports: ReadonlyMap<string, number>, stack: StackForTests): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      for (const [name, port] of ports) if (await isReady(stack, name)) this.proxy.targetPort = port;
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** By what the process says itself; one that cannot be asked is not. */
async function isReady(stack: StackForTests, name: string): Promise<boolean> {
  const entry = stack.current().processes.find((process) => process.name === name);
  if (entry === undefined) return false;
  return await stack.fetch(`${entry.managementUrl}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  );
}
