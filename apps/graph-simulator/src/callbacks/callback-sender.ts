import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import { Agent, request } from 'undici';
import { readCallbackAddress, type CallbackAddress } from './callback-address.js';
import { Faults, type Facts } from '../faults/faults.js';
import { Deliveries } from '../control/records.js';
import { SigningKeys } from './signing-key.js';
import { SimulatorSettings } from '../simulator-settings.js';
import { kill } from '../faults/wire-exchange.js';

/** To whom and about which call a callback goes. */
export interface CallbackTarget {
  readonly callbackUri: string;
  readonly graphCallId: string;
  readonly callChainId: string;
  readonly scenarioId: string | undefined;
  readonly tenantId: string;
  readonly appId: string;
  readonly address: CallbackAddress | null;
}

export interface SentCallback {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Outgoing {
  readonly target: CallbackTarget;
  readonly state: string;
  readonly body: string;
  readonly messageId: string;
  readonly time: string;
}

/** The service that Microsoft's callback tokens name as the one that sends them. */
const SENDER_APP_ID = '26a18ebc-cdf7-4a6a-91cb-beb352805e81';
const TOKEN_SECONDS = 3_900;
const KEEP_TOKEN_MS = 10_000;
const MAX_CONNECTIONS = 256;
const DEFAULT_DELAY_MS = 1_000;
const DEFAULT_REORDER_MS = 5_000;

/** Sends callbacks as Graph does: those of one call in order and one at a time, each once, whatever the answer. */
@Injectable()
export class CallbackSender implements OnModuleDestroy {
  private readonly agent: Agent;
  private readonly queues = new Map<string, CallQueue>();
  private readonly tokens = new Map<string, { readonly token: Promise<string>; readonly untilMs: number }>();

  constructor(
    private readonly settings: SimulatorSettings,
    private readonly keys: SigningKeys,
    private readonly faults: Faults,
    private readonly deliveries: Deliveries,
  ) {
    this.agent = new Agent({ allowH2: false, connections: MAX_CONNECTIONS, connect: { timeout: settings.callbackTimeoutMs } });
  }

  async onModuleDestroy(): Promise<void> {
    await this.agent.destroy();
  }

  /** @param state the call's, or `roster` */
  enqueue(target: CallbackTarget, state: string, body: object): void {
    const item = { target, state, body: JSON.stringify(body), messageId: randomUUID(), time: new Date().toISOString() };
    const key = target.graphCallId;
    const queue = this.queues.get(key);
    if (queue) {
      queue.push(item);
      return;
    }
    const begun = new CallQueue(item);
    this.queues.set(key, begun);
    void this.work(begun).finally(() => this.queues.delete(key));
  }

  /** One callback as it was ordered; what was taken of these is on record, as what must not be lost. @throws when no answer came */
  async deliverOrdered(
    callbackUri: string,
    headers: Readonly<Record<string, string>>,
    body: string | Buffer,
  ): Promise<SentCallback> {
    const address = readCallbackAddress(callbackUri);
    const time = new Date().toISOString();
    const begunAt = performance.now();
    const answer = await this.post(callbackUri, headers, body);
    if (address && answer.status < 300) {
      const messageId = headers['x-microsoft-skype-message-id'] ?? null;
      const answered = { status: answer.status, tookMs: Math.round(performance.now() - begunAt) };
      const isText = typeof body === 'string' || isUtf8(body);
      const sent = { body: body.toString(), ...(!isText && { bodyBase64: Buffer.from(body).toString('base64') }) };
      this.deliveries.add({ ...address, graphCallId: null, state: 'ordered', messageId, time, ...sent, answered });
    }
    return answer;
  }

  /** One POST of these bytes. @throws when no answer came */
  private async post(
    callbackUri: string,
    headers: Readonly<Record<string, string>>,
    body: string | Buffer,
  ): Promise<SentCallback> {
    const signal = AbortSignal.timeout(this.settings.callbackTimeoutMs);
    const answer = await request(callbackUri, { method: 'POST', headers, body, dispatcher: this.agent, signal });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  /** The claims that Graph's token for this app and tenant has. */
  claims(appId: string, tenantId: string): JWTPayload {
    const now = Math.floor(Date.now() / 1_000);
    const { callbackIssuer: iss } = this.settings;
    return { aud: appId, iss, tid: tenantId, appid: SENDER_APP_ID, nbf: now, exp: now + TOKEN_SECONDS };
  }

  /** Signing is what a callback costs most, so one token serves the callbacks of some seconds. */
  private async token({ appId, tenantId }: CallbackTarget): Promise<string> {
    const key = `${this.keys.callback.kid()} ${appId} ${tenantId}`;
    const kept = this.tokens.get(key);
    if (kept && performance.now() < kept.untilMs) return kept.token;
    const token = this.keys.callback.sign(this.claims(appId, tenantId));
    this.tokens.set(key, { token, untilMs: performance.now() + KEEP_TOKEN_MS });
    return token;
  }

  private async work(queue: CallQueue): Promise<void> {
    for (let item = queue.shift(); item; item = queue.shift()) await this.deliverOrSpoil(item, queue);
  }

  private async deliverOrSpoil(item: Outgoing, queue: CallQueue): Promise<void> {
    const order = this.faults.strike('callback', 'received', factsOf(item));
    switch (order?.action) {
      case 'drop':
        this.record(item, order.action);
        return;
      case 'duplicate':
        for (let sent = 0; sent < (order.count ?? 2); sent += 1) await this.deliver(item, order.action);
        return;
      case 'empty':
        return this.deliver({ ...item, body: '' }, order.action);
      case 'delay':
        await this.faults.pause(order.ms ?? DEFAULT_DELAY_MS);
        return this.deliver(item, order.action);
      case 'reorder': {
        await Promise.race([queue.next(), this.faults.pause(order.ms ?? DEFAULT_REORDER_MS)]);
        const next = queue.shift();
        if (next) await this.deliver(next, order.action);
        return this.deliver(item, order.action);
      }
      case 'kill':
        kill(order);
        return this.deliver(item, order.action);
      default:
        return this.deliver(item);
    }
  }

  private async deliver(item: Outgoing, fault?: string): Promise<void> {
    const record = this.record(item, fault);
    const { target } = item;
    const begunAt = performance.now();
    try {
      const headers = { ...headersOf(item), authorization: `Bearer ${await this.token(target)}` };
      const { status } = await this.post(target.callbackUri, headers, item.body);
      record.answered = { status, tookMs: Math.round(performance.now() - begunAt) };
    } catch (error) {
      record.error = error instanceof Error ? error.message : String(error);
    }
  }

  private record({ target, state, messageId, time, body }: Outgoing, fault: string | undefined) {
    const { graphCallId, tenantId, appId, address } = target;
    const whose = { graphCallId, tenantId, appId, callId: address?.callId ?? null, attempt: address?.attempt ?? null };
    return this.deliveries.add({ ...whose, state, messageId, time, body, answered: null, ...(fault !== undefined && { fault }) });
  }
}

/** What is still to be sent about one call. */
class CallQueue {
  private readonly items: Outgoing[];
  private arrival: PromiseWithResolvers<undefined> | undefined;

  constructor(first: Outgoing) {
    this.items = [first];
  }

  push(item: Outgoing): void {
    this.items.push(item);
    this.arrival?.resolve(undefined);
  }

  shift(): Outgoing | undefined {
    return this.items.shift();
  }

  /** Resolves when there is something to send. */
  async next(): Promise<void> {
    if (this.items.length > 0) return;
    this.arrival = Promise.withResolvers();
    await this.arrival.promise;
  }
}

/** The headers of a callback that public threads show. */
export function callbackHeaders(chainId: string, scenarioId: string | undefined, messageId: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'Microsoft-Skype/3.0,(Calling/1.0)',
    'x-microsoft-skype-chain-id': chainId,
    ...(scenarioId !== undefined && { 'scenario-id': scenarioId }),
    'x-microsoft-skype-message-id': messageId,
    'client-request-id': randomUUID(),
  };
}

function headersOf({ target, messageId }: Outgoing): Record<string, string> {
  return callbackHeaders(target.callChainId, target.scenarioId, messageId);
}

function factsOf({ target, state }: Outgoing): Facts {
  const { graphCallId, tenantId, appId, address } = target;
  return { graphCallId, tenantId, appId, state, callId: address?.callId, attempt: address?.attempt };
}
