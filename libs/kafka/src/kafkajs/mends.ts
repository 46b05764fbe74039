import { createRequire } from 'node:module';
import { decodeFetchResponse } from './fetch-response.js';

/**
 * T11: with nothing pending the client's request queue sets a timer with a negative delay that comes back at once: a
 * loop of a thousand timers a second in an idle process. Mended where it arises: nothing pending, nothing scheduled.
 */
export function mendRequestQueue(): void {
  const require = createRequire(import.meta.url);
  interface Queue {
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  }
  const { prototype } = require('kafkajs/src/network/requestQueue/index.js') as { prototype: Queue & { [MENDED]?: true } };
  if (prototype[MENDED]) return;
  const schedule = (queue: Queue): void => {
    original.call(queue);
  };
  const original = Reflect.get(prototype, 'scheduleCheckPendingRequests');
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: Queue): void {
    if (this.pending.length > 0) schedule(this);
  };
  prototype[MENDED] = true;
}

/**
 * T3: Kafka has headers without a value, and the client writes them, but it measures each value first and throws at null.
 * What it can measure stands for null, and is written as such.
 */
export function mendNullHeaders(): void {
  const require = createRequire(import.meta.url);
  interface Encoder {
    writeVarIntBytes(value: unknown): Encoder;
  }
  const { prototype } = require('kafkajs/src/protocol/encoder.js') as { prototype: Encoder & { [MENDED]?: true } };
  if (prototype[MENDED]) return;
  const write = Reflect.get(prototype, 'writeVarIntBytes');
  prototype.writeVarIntBytes = function writeVarIntBytes(this: Encoder, value: unknown): Encoder {
    return write.call(this, value === NULL_HEADER ? null : value);
  };
  prototype[MENDED] = true;
}

/**
 * The client fails a fetch whose whole answer does not arrive in time, even while bytes keep coming, and fetches the same again:
 * over a slow connection, forever. The patch counts the time from the last bytes. Fetches have their own connection, so these
 * bytes belong to a fetch.
 */
export function mendFetchTimeout(): void {
  const require = createRequire(import.meta.url);
  interface Request {
    readonly entry: { readonly apiName: string };
    sentAt: number;
  }
  interface Connection {
    readonly requestQueue: { readonly inflight: ReadonlyMap<number, Request> };
    processData(bytes: Buffer): void;
  }
  const { prototype } = require('kafkajs/src/network/connection.js') as { prototype: Connection & { [MENDED]?: true } };
  if (prototype[MENDED]) return;
  const take = Reflect.get(prototype, 'processData');
  prototype.processData = function processData(this: Connection, bytes: Buffer): void {
    take.call(this, bytes);
    for (const request of this.requestQueue.inflight.values()) {
      if (request.entry.apiName === 'Fetch') request.sentAt = Date.now();
    }
  };
  prototype[MENDED] = true;
}

/**
 * When the client gives up retrying it restarts its consumer as a new member. The group then waits for the old member, who never
 * answers, until that member's session ends. The patch lets the consumer return as the member that it was. A group that no longer
 * knows the member says so, and the client joins as a new one.
 */
export function mendRestarts(): void {
  const require = createRequire(import.meta.url);
  interface Group {
    /** One object for each consumer; a restart keeps it. */
    readonly instrumentationEmitter: object;
    memberId: string | null;
    connect(): Promise<void>;
    joinAndSync(): Promise<void>;
  }
  const { prototype } = require('kafkajs/src/consumer/consumerGroup.js') as { prototype: Group & { [MENDED]?: true } };
  if (prototype[MENDED]) return;
  const members = new WeakMap<object, string | null>();
  const connect = Reflect.get(prototype, 'connect');
  const joinAndSync = Reflect.get(prototype, 'joinAndSync');
  prototype.connect = async function connectAsBefore(this: Group): Promise<void> {
    this.memberId ??= members.get(this.instrumentationEmitter) ?? null;
    await connect.call(this);
  };
  prototype.joinAndSync = async function joinAndRemember(this: Group): Promise<void> {
    await joinAndSync.call(this);
    members.set(this.instrumentationEmitter, this.memberId);
  };
  prototype[MENDED] = true;
}

/**
 * The client does not restart a consumer that found no coordinator, or that waited too long for a connection. Both are transient,
 * while a broker restarts. The patch makes both errors retriable.
 */
export function mendRetriable(): void {
  const require = createRequire(import.meta.url);
  const { KafkaJSGroupCoordinatorNotFound, KafkaJSLockTimeout } = require('kafkajs/src/errors.js') as Record<
    string,
    { prototype: object }
  >;
  for (const error of [KafkaJSGroupCoordinatorNotFound, KafkaJSLockTimeout]) {
    Object.defineProperty(error?.prototype, 'retriable', {
      configurable: true,
      get: () => true,
      set: () => undefined, // the constructor of the error's base class sets it
    });
  }
}

/**
 * The client knows no codec but gzip, checks no checksum, bounds nothing that it decompresses, and a batch that it cannot read
 * ends its consumer for as long as Kafka keeps it. Mended for the whole process: the client has one decoder.
 * @param maxBatchBytes that the records of one batch may take in memory
 */
export function mendFetches(maxBatchBytes: number): void {
  const require = createRequire(import.meta.url);
  const answer = require('kafkajs/src/protocol/requests/fetch/v11/response.js') as { decode: (bytes: Buffer) => unknown };
  answer.decode = (bytes) => decodeFetchResponse(bytes, maxBatchBytes);
}

/** As long as null is on the wire, where both have one byte. */
export const NULL_HEADER = Buffer.alloc(0);

const MENDED = Symbol('callbus:mended');
