import { setMaxListeners } from 'node:events';
import { createSecureContext } from 'node:tls';
import type { Attributes } from '@opentelemetry/api';
import { Agent, buildConnector, request } from 'undici';
import { outcomeOf, type CreateCallOutcome } from './create-call-outcome.js';
import {
  followUpOutcomeOf,
  followUpUnanswered,
  type EndCallOutcome,
  type FollowUpAnswer,
  type GetCallOutcome,
  type KeepAliveOutcome,
} from './follow-up-outcome.js';
import { timed, type Exchange, type OnExchange } from '../http/exchange.js';
import { parseJson } from '../json-value.js';
import { postOnce, type PostOnceOptions } from './post-once.js';
import { inRequestSpan } from './request-span.js';
import { Slots } from './slots.js';

export interface GraphClientOptions {
  /** Origin of Graph, such as https://graph.microsoft.com; a path in front of /v1.0 is kept. */
  readonly baseUrl: string;
  /** TCP and TLS together. @default 3000 */
  readonly connectTimeoutMs?: number;
  /** From the request to the status line. @default 10000 */
  readonly headersTimeoutMs?: number;
  /** From the status line to the end of the body. @default 10000 */
  readonly bodyTimeoutMs?: number;
  /** Creates at one time; each has a connection of its own. More wait their turn. @default 256 */
  readonly maxConcurrentPosts?: number;
  /** Called after every request. */
  readonly onExchange?: OnExchange;
}

export interface CreateCallRequest {
  readonly token: string;
  /** The call resource as it goes to Graph. */
  readonly body: object;
  /** Goes out as Scenario-Id, which Graph repeats in the call's callbacks. */
  readonly callId: string;
  /** Fresh for every POST; Graph repeats it in its answer and logs it. */
  readonly clientRequestId: string;
  /**
   * The last word before the dial: called when the connection stands and no byte has been sent. If it throws, none is,
   * and the outcome is `not-sent`. It must not wait for anything.
   */
  readonly beforeSend?: () => void;
}

const MAX_BODY_BYTES = 1024 * 1024;
const CALLS_PATH = '/v1.0/communications/calls';
const MAX_FOLLOW_UP_CONNECTIONS = 32;

/**
 * Graph's calling API. A create is sent once on a new connection and never repeated, whatever happens;
 * requests about existing calls share kept-alive connections, since repeating those does no harm.
 * @see https://learn.microsoft.com/graph/api/application-post-calls
 */
export class GraphClient {
  private readonly callsUrl: string;
  private readonly followUps: Agent;
  private readonly slots: Slots;
  private readonly postOptions: PostOnceOptions;
  private readonly running = new Set<Promise<unknown>>();
  private readonly patience = new AbortController();
  private closing: Promise<void> | undefined;

  constructor(private readonly options: GraphClientOptions) {
    const { connectTimeoutMs = 3_000, headersTimeoutMs = 10_000, bodyTimeoutMs = 10_000, maxConcurrentPosts = 256 } = options;
    this.callsUrl = `${options.baseUrl.replace(/(?<!\/)\/+$/, '')}${CALLS_PATH}`;
    // One connector for all creates: the connections are new, but the trusted certificates are read once and the TLS session is resumed.
    const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false, secureContext: createSecureContext() });
    this.postOptions = {
      connect,
      connectTimeoutMs,
      headersTimeoutMs,
      bodyTimeoutMs,
      maxBodyBytes: MAX_BODY_BYTES,
      signal: this.patience.signal,
    };
    // One for every request under way.
    setMaxListeners(0, this.patience.signal);
    this.slots = new Slots(maxConcurrentPosts);
    this.followUps = new Agent({
      connect: { timeout: connectTimeoutMs },
      allowH2: false,
      connections: MAX_FOLLOW_UP_CONNECTIONS,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
      maxResponseSize: MAX_BODY_BYTES,
    });
  }

  /** Dials. Never rejects; the outcome says what is known. */
  async createCall({ token, body, callId, clientRequestId, beforeSend }: CreateCallRequest): Promise<CreateCallOutcome> {
    return this.tracked(
      this.slots.run(async () => {
        if (this.closing || this.patience.signal.aborted)
          return { kind: 'not-sent', why: 'the process is shutting down', isUnreachable: false };
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json',
          'scenario-id': callId,
          'client-request-id': clientRequestId,
        };
        const url = new URL(this.callsUrl);
        const post = { url, headers, body: JSON.stringify(body), beforeSend };
        const exchange = { method: 'POST', urlTemplate: CALLS_PATH } as const;
        const traced = { method: 'POST', url, template: CALLS_PATH, attributes: attributesOf(headers) };
        const wire = await timed(
          exchange,
          this.options.onExchange,
          () =>
            inRequestSpan(
              traced,
              () => postOnce(post, this.postOptions),
              (one) => (one.stage === 'answered' ? one.status : one.stage),
            ),
          (result) => (result.stage === 'answered' ? result.status : null),
        );
        return outcomeOf(wire, body);
      }),
    );
  }

  /** Asks Graph for a call. */
  async getCall(graphCallId: string, token: string): Promise<GetCallOutcome> {
    return this.followUp('GET', graphCallId, '', token).then((answer) => {
      const outcome = followUpOutcomeOf('found', answer);
      return outcome.kind === 'found' ? { ...outcome, call: parseJson(answer.body) } : outcome;
    }, followUpUnanswered);
  }

  /** Hangs up; repeating it is harmless. */
  async endCall(graphCallId: string, token: string): Promise<EndCallOutcome> {
    return this.followUp('DELETE', graphCallId, '', token).then(
      (answer) => followUpOutcomeOf('ended', answer),
      followUpUnanswered,
    );
  }

  /** Graph ends a call 45 minutes after the last of these. */
  async keepAlive(graphCallId: string, token: string): Promise<KeepAliveOutcome> {
    return this.followUp('POST', graphCallId, '/keepAlive', token).then(
      (answer) => followUpOutcomeOf('alive', answer),
      followUpUnanswered,
    );
  }

  /** Lets what is on its way come to its end, within the time-outs; a create that has not begun is not sent. */
  async close(): Promise<void> {
    this.closing ??= Promise.allSettled(this.running).then(() => this.followUps.close());
    await this.closing;
  }

  /** Waits for no answer any longer: what is known of each request by now is its outcome. Nothing is sent after it. */
  giveUp(): void {
    this.patience.abort(new Error('the process is shutting down'));
  }

  private async followUp(
    method: Exchange['method'],
    graphCallId: string,
    action: '' | '/keepAlive',
    token: string,
  ): Promise<FollowUpAnswer> {
    const url = new URL(`${this.callsUrl}/${encodeURIComponent(graphCallId)}${action}`);
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const ask = async (): Promise<FollowUpAnswer> => {
      const answer = await request(url, { method, headers, dispatcher: this.followUps, signal: this.patience.signal });
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
    };
    const template = `${CALLS_PATH}/{id}${action}`;
    const inSpan = (): Promise<FollowUpAnswer> => inRequestSpan({ method, url, template }, ask, ({ status }) => status);
    return this.tracked(timed({ method, urlTemplate: template }, this.options.onExchange, inSpan, ({ status }) => status));
  }

  private async tracked<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    try {
      return await work;
    } finally {
      this.running.delete(work);
    }
  }
}

/** By these Graph's own logs know the request. */
function attributesOf(headers: Readonly<Record<'scenario-id' | 'client-request-id', string>>): Attributes {
  return Object.fromEntries(
    (['scenario-id', 'client-request-id'] as const).map((name) => [`http.request.header.${name}`, [headers[name]]]),
  );
}
