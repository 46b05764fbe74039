import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { CallbackPaths } from '@callbus/contracts';
import { createKafkaClient } from '@callbus/kafka';
import { request, type Dispatcher } from 'undici';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { createTopics } from '../../apps/local-stack/src/kafka/topics.js';
import type { CallbackKeys } from './callback-keys.js';
import { until } from './stack-for-tests.js';

const MAIN = join(PROJECT_ROOT, 'apps', 'notification-ingest', 'dist', 'main.js');
const nothing = (): void => undefined;

/** Where a receiver stores: topics of its own on the run's broker. */
export async function newTopicPrefix(brokers: readonly string[]): Promise<string> {
  const topicPrefix = `int-${randomUUID()}.`;
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const client = createKafkaClient({ brokers, clientId: 'test', logger });
  await createTopics(client, { brokers, topicPrefix, partitions: 3 });
  await client.close();
  return topicPrefix;
}

/** One call as the dispatcher would have told Graph of it, and the token that Graph would send with its callbacks. */
export interface KnownCall {
  readonly appId: string;
  readonly tenantId: string;
  readonly callId: string;
  readonly path: string;
  readonly authorization: string;
}

export interface ReceiverOptions {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly keys: CallbackKeys;
  /** In addition to what it needs, or in its place. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A receiver as it is deployed, the built output in a process of its own, over plain http on a free port of this machine. */
export class ReceiverProcess {
  port = 0;
  private managementPort = 0;
  private output = '';
  private readonly exited: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly keys: CallbackKeys,
    private readonly macKey: string,
  ) {
    this.exited = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    }
  }

  static async start({ brokers, topicPrefix, keys, environment = {} }: ReceiverOptions): Promise<ReceiverProcess> {
    const macKey = randomBytes(32).toString('base64url');
    const told = {
      NODE_ENV: 'production',
      NODE_EXTRA_CA_CERTS: keys.files.caFile,
      NOTIFICATION_INGEST_ROLES: 'receiver',
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_TOPIC_PREFIX: topicPrefix,
      KAFKA_PARTITIONS: '3',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      MANAGEMENT_HOST: '127.0.0.1',
      MANAGEMENT_PORT: '0',
      CALLBACK_MAC_KEYS: macKey,
      CALLBACK_ISSUERS: 'https://graph.microsoft.com',
      CALLBACK_OPENID_URL: keys.url('/openid'),
      ...environment,
    };
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], { env: { ...process.env, ...told } });
    const receiver = new ReceiverProcess(child, keys, macKey);
    await receiver.started();
    return receiver;
  }

  /** A call that the dispatcher would have given an address. @param macKey another than the receiver's first */
  async newCall(macKey = this.macKey): Promise<KnownCall> {
    const [appId, tenantId, callId] = [randomUUID(), randomUUID(), randomUUID()];
    const path = new CallbackPaths([macKey]).pathFor({ appId, tenantId, callId, attempt: 1 });
    return { appId, tenantId, callId, path, authorization: `Bearer ${await this.keys.token(appId, tenantId)}` };
  }

  /** A callback as Graph sends it. @param headers in addition, or in their place */
  async post(
    { path, authorization }: Pick<KnownCall, 'path' | 'authorization'>,
    body: string | Buffer,
    headers: Readonly<Record<string, string>> = {},
    dispatcher?: Dispatcher,
  ): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string }> {
    const all = { 'content-type': 'application/json', authorization, ...headers };
    const options = { method: 'POST', headers: all, body, ...(dispatcher && { dispatcher }) } as const;
    const answer = await request(`http://127.0.0.1:${this.port}${path}`, options);
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  async isReady(): Promise<boolean> {
    const { statusCode, body } = await request(`http://127.0.0.1:${this.managementPort}/readyz`);
    await body.dump();
    return statusCode === 200;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The log so far, line by line. */
  log(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** All that it wrote. */
  text(): string {
    return this.output;
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    if (this.isRunning) this.child.kill('SIGTERM');
    await this.exited;
    return this.child.exitCode;
  }

  private async started(): Promise<void> {
    const numberIn = (name: string): number => Number(this.log().find((line) => name in line)?.[name] ?? 0);
    await until('the receiver has started', () => {
      if (!this.isRunning) throw new Error(`the receiver did not start:\n${this.output}`);
      this.port = numberIn('port');
      this.managementPort = numberIn('managementPort');
      return this.port > 0 && this.managementPort > 0;
    });
  }
}
