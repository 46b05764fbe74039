import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { LocalCertificate } from './local-tls.js';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** What the call's state is said to be, or the end of the resource's path where it is another resource. */
  readonly told: string;
}

/** Takes callbacks over https and remembers them; answers 202, or what it is told. */
export class LocalReceiver {
  readonly received: Received[] = [];
  answer = 202;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async listen({ cert, key }: LocalCertificate): Promise<LocalReceiver> {
    const server = createServer({ cert, key });
    const receiver = new LocalReceiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        receiver.received.push({ path: request.url ?? '', headers: request.headers, text, told: toldBy(text) });
        response.writeHead(receiver.answer).end();
        for (const look of receiver.waiting) look();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  callbackUri(callId: string, tenantId: string, appId: string, attempt = 1): string {
    const { port } = this.server.address() as AddressInfo;
    return `https://localhost:${port}/v1/callbacks/${appId}/${tenantId}/${callId}/${attempt}/mac`;
  }

  of(callId: string): Received[] {
    return this.received.filter(({ path }) => path.includes(callId));
  }

  /** Resolves with a call's callbacks once there are enough of them for the condition. */
  async until(callId: string, isEnough: (received: Received[]) => boolean): Promise<Received[]> {
    while (!isEnough(this.of(callId))) {
      const arrival = Promise.withResolvers<undefined>();
      const look = () => {
        arrival.resolve(undefined);
      };
      this.waiting.add(look);
      await arrival.promise;
      this.waiting.delete(look);
    }
    return this.of(callId);
  }

  async untilTold(callId: string, told: string): Promise<Received[]> {
    return this.until(callId, (received) => received.some((each) => each.told === told));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }
}

interface Notified {
  value?: [{ resourceUrl: string; resourceData: { state?: string } }];
}

function toldBy(text: string): string {
  try {
    const [item] = (JSON.parse(text) as Notified).value ?? [];
    return item?.resourceData.state ?? item?.resourceUrl.split('/').at(-1) ?? '';
  } catch {
    return '';
  }
}
