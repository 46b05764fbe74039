import { createLogger, Health, HttpLimits } from '@callbus/chassis';
import {
  decodeCloudEvent,
  encodeCloudEvent,
  encodeSnapshot,
  formatSequence,
  partitionOf,
  type CloudEvent,
  type FoldedCall,
  type Snapshot,
} from '@callbus/contracts';
import { SnapshotFollower, type FollowOptions, type KafkaClient, type OutgoingRecord } from '@callbus/kafka';
import { Registry } from 'prom-client';
import { unauthorized } from '../http/api-error.js';
import { CallEvents } from '../events/call-events.js';
import type { Caller } from '../callers/caller-tokens.js';
import { CommandLog } from '../calls/command-log.js';
import { GatewayApp } from '../gateway-app.js';
import { GatewayMetrics } from '../gateway-metrics.js';
import { GatewaySettings } from '../gateway-settings.js';
import { knownCallOf, type KnownCall } from '../calls/known-call.js';
import { KnownCalls } from '../calls/known-calls.js';

const PARTITIONS = 12;

type Body = NonNullable<RequestInit['body']>;

interface WrittenRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

class WatchedCalls extends KnownCalls {
  constructor(
    snapshots: SnapshotFollower<KnownCall>,
    private readonly onWait: () => void,
  ) {
    super(snapshots);
  }

  override waitFor(...asked: Parameters<KnownCalls['waitFor']>): ReturnType<KnownCalls['waitFor']> {
    const call = super.waitFor(...asked);
    this.onWait();
    return call;
  }
}

/** The gateway’s HTTP side over records in memory: what Kafka would give it, a test writes. */
export class GatewayUnderTest {
  /** Every command that was sent. */
  readonly commands: CloudEvent<Record<string, unknown>>[] = [];
  /** Of every reader of events, what it asked for. */
  readonly followed: FollowOptions[] = [];
  /** Readers that were opened and not stopped. */
  following = 0;
  /** Called with each command before it counts as sent. */
  onCommand: (command: CloudEvent<Record<string, unknown>>) => Promise<void> = () => Promise.resolve();
  /** Called when a request begins to wait for a call. */
  onWait: () => void = () => undefined;
  /** Whether the callers' tokens were proven before. */
  areProven = true;
  /** Why no reader of events can be opened. */
  whyNoReader: Error | undefined;
  readonly health = new Health();
  url = '';
  private readonly events: WrittenRecord[] = [];
  private readonly live = new Set<FollowOptions>();
  private app: GatewayApp | undefined;
  private takeSnapshot: FollowOptions['onRecord'] = () => undefined;
  private written = 0;

  /** @param callers by the token that they send */
  static async start(
    callers: Readonly<Record<string, Caller>>,
    changes: Partial<GatewaySettings> = {},
  ): Promise<GatewayUnderTest> {
    const gateway = new GatewayUnderTest();
    const kafka = { topicPrefix: 'calls.', partitions: PARTITIONS } as GatewaySettings['kafka'];
    const noWaits = { waitForCallMs: 0, waitForAnswerMs: 0 };
    const settings = Object.assign(new GatewaySettings(), { kafka, httpLimits: new HttpLimits(), ...noWaits, ...changes });
    const client = { follow: (options: FollowOptions) => gateway.follow(options) } as unknown as KafkaClient;
    const logger = createLogger('gateway', 'silent', () => undefined);
    const { topicPrefix, partitions } = kafka;
    const registry = new Registry();
    const metrics = new GatewayMetrics(registry);
    const { maxEventReaders: maxReaders, maxEventReadersPerCaller: maxReadersPerCaller } = settings;
    const snapshots = await SnapshotFollower.start({
      client,
      topicPrefix,
      partitionCount: PARTITIONS,
      keep: knownCallOf,
      onFatal: gateway.fail,
    });
    const sender = {
      send: (records: readonly OutgoingRecord[]) => gateway.send(records),
      condition: () => ({ ok: true }),
      close: () => Promise.resolve(),
    };
    gateway.app = await GatewayApp.create({
      settings,
      logger,
      registry,
      health: gateway.health,
      tokens: {
        isProven: (authorization = '') => gateway.areProven && Object.hasOwn(callers, authorization.replace('Bearer ', '')),
        isPlausible: (authorization = '') => Promise.resolve(Object.hasOwn(callers, authorization.replace('Bearer ', ''))),
        verify: (authorization = '') => {
          const caller = callers[authorization.replace('Bearer ', '')];
          return caller === undefined ? Promise.reject(unauthorized('Nobody has this token.')) : Promise.resolve(caller);
        },
      },
      commands: new CommandLog({ sender, topicPrefix, partitions, timeoutMs: settings.sendTimeoutMs, metrics }),
      calls: new WatchedCalls(snapshots, () => {
        gateway.onWait();
      }),
      events: new CallEvents({ client, topicPrefix, partitions, maxReaders, maxReadersPerCaller, logger }),
    });
    const port = await gateway.app.listen(0, '127.0.0.1');
    gateway.url = `http://127.0.0.1:${String(port)}/v1.0/communications/calls`;
    return gateway;
  }

  async ask(
    method: string,
    path: string,
    options: { token?: string; headers?: Record<string, string>; body?: Body | object } = {},
  ): Promise<Answer> {
    const response = await this.fetch(method, path, options);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  }

  fetch(
    method: string,
    path: string,
    {
      token = 'owner',
      headers = {},
      body,
      signal = null,
    }: { token?: string; headers?: Record<string, string>; body?: Body | object; signal?: AbortSignal | null } = {},
  ): Promise<Response> {
    const isPlain = typeof body === 'object' && Object.getPrototypeOf(body) === Object.prototype;
    // A link of an answer is a whole address, or a path from the root.
    return fetch(/^(?:https?:|\/v1\.0\/)/.test(path) ? new URL(path, this.url) : `${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isPlain ? JSON.stringify(body) : (body as Body) }),
      signal,
    });
  }

  writeSnapshot(snapshot: Snapshot, changes: Partial<FoldedCall> = {}): void {
    const call = { ...snapshot.call, ...changes };
    this.written += 1;
    this.takeSnapshot(received(snapshot.callId, encodeSnapshot({ ...snapshot, offset: this.written, call }), {}));
  }

  writeEvent(callId: string, sequence: number, data: object = {}): void {
    const event = {
      specversion: '1.0',
      id: `${callId}/${String(sequence)}`,
      source: `/calls/${callId}`,
      type: 'CallStateChanged',
    };
    const { value, headers } = encodeCloudEvent({ ...event, specversion: '1.0', sequence: formatSequence(sequence), data });
    const record = { key: callId, value, headers };
    this.events.push(record);
    for (const { onRecord } of this.live) onRecord(received(record.key, record.value, record.headers));
  }

  /** What becomes of readers when Kafka fails them. */
  failReaders(error: Error): void {
    for (const { onFatal } of this.live) onFatal(error);
  }

  async stop(): Promise<void> {
    await this.app?.close();
  }

  private readonly fail = (error: unknown): void => {
    throw error;
  };

  private async send(records: readonly OutgoingRecord[]): Promise<[]> {
    for (const { value, headers } of records) {
      const command = decodeCloudEvent(value as Buffer, headers ?? {}) as CloudEvent<Record<string, unknown>>;
      await this.onCommand(command);
      this.commands.push(command);
    }
    return [];
  }

  private follow(options: FollowOptions) {
    if (options.topic === 'calls.snapshots') this.takeSnapshot = options.onRecord;
    else if (this.whyNoReader !== undefined) return Promise.reject(this.whyNoReader);
    else {
      this.followed.push(options);
      this.following += 1;
      this.live.add(options);
      for (const { key, value, headers } of this.events) options.onRecord(received(key, value, headers));
    }
    return Promise.resolve({
      caughtUp: () => Promise.resolve(),
      progress: () => ({ read: 0, of: 0 }),
      reached: () => Promise.resolve(),
      stop: () => {
        this.live.delete(options);
        this.following -= 1;
        return Promise.resolve();
      },
    });
  }
}

function received(key: string, value: Buffer, headers: Record<string, string>): Parameters<FollowOptions['onRecord']>[0] {
  return {
    topic: '',
    partition: partitionOf(key, PARTITIONS),
    offset: 0n,
    timestampMs: 0,
    key: Buffer.from(key),
    value,
    headers,
  };
}
