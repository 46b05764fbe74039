import { Readable } from 'node:stream';
import { MESSAGES, type CloudEvent } from '@callbus/contracts';
import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers, Refuses, TakesCallId, TakesHeader, TakesPage } from '../http/api-description.js';
import { ApiError, unavailable } from '../http/api-error.js';
import { CallEvents } from './call-events.js';
import { CallerRights } from '../callers/caller-rights.js';
import type { Caller } from '../callers/caller-tokens.js';
import { Callers } from '../callers/callers.js';
import { CALLS_PATH, CallUrls } from '../calls/call-urls.js';
import { eventStream } from './event-stream.js';
import { GatewaySettings } from '../gateway-settings.js';
import type { KnownCall } from '../calls/known-call.js';
import { topOf } from '../calls/list-query.js';
import { VisibleCalls } from '../calls/visible-calls.js';

const EVENT_PAGE = { byDefault: 100, max: 1_000 };
/** A page ends when it has so much: one event may be a roster of megabytes. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 2;
const SEQUENCE = /^\d{1,10}$/;

/** A CloudEvent, as it is on the topic of events. */
class HistoryEvent {
  @ApiProperty({ enum: ['1.0'] })
  specversion!: string;

  @ApiProperty()
  id!: string;

  /** `/calls/{callId}` */
  @ApiProperty()
  source!: string;

  @ApiProperty({ enum: Object.keys(MESSAGES.events.types) })
  type!: string;

  /** The callId. */
  @ApiPropertyOptional()
  subject?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  time?: string;

  @ApiPropertyOptional({ enum: ['application/json'] })
  datacontenttype?: string;

  @ApiPropertyOptional()
  dataschema?: string;

  /** Of this call, from 0000000001 without gaps; sorts as text. */
  @ApiProperty({ pattern: '^\\d{10}$' })
  sequence!: string;

  /** By its type: docs/schemas/events has the schema of each. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  data!: object;
}

/** A part of a call’s history. */
export class EventPage {
  /** In order. */
  @ApiProperty({ type: [HistoryEvent] })
  value!: readonly CloudEvent[];

  /** The next page, if there is more. */
  @ApiPropertyOptional()
  '@odata.nextLink'?: string;
}

/** The history of a call, as it is on `calls.events`. */
@Controller(CALLS_PATH)
export class CallEventsController {
  constructor(
    private readonly callers: Callers,
    private readonly rights: CallerRights,
    private readonly calls: VisibleCalls,
    private readonly events: CallEvents,
    private readonly urls: CallUrls,
    private readonly settings: GatewaySettings,
  ) {}

  /** Those that there are, page by page; with `Accept: text/event-stream` also those that come, as they come. */
  @Get(':callId/events')
  @TakesCallId()
  @TakesPage(EVENT_PAGE)
  @TakesHeader('Last-Event-ID', 'Of a live history: the sequence of the last event that was seen.')
  @Answers(200, 'A page of events; with `Accept: text/event-stream` the live history.', EventPage, {
    alsoAs: ['text/event-stream'],
  })
  @Refuses(404)
  async history(
    @Req() request: FastifyRequest,
    @Param('callId') id: string,
    @Query() query: Record<string, unknown>,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Read');
    const call = await this.calls.read(caller, id);
    if (accept?.includes('text/event-stream') === true) {
      this.stream(caller, call, sequenceOf('Last-Event-ID', lastEventId), reply);
      return;
    }
    const after = sequenceOf('$skiptoken', query['$skiptoken']);
    const top = topOf(query['$top'], EVENT_PAGE);
    await reply.send(await this.page(caller, call, after, top));
  }

  private async page(caller: Caller, call: KnownCall, after: number, top: number): Promise<EventPage> {
    if (after >= call.sequence) return { value: [] };
    const reader = this.events.open(caller, call, after, false);
    try {
      const value: CloudEvent[] = [];
      let [last, bytes] = [after, 0];
      while (value.length < top && bytes < MAX_PAGE_BYTES) {
        const next = await reader.next(this.settings.readTimeoutMs).catch(unreadable);
        if (next === null) break;
        if (next === undefined) return unreadable();
        value.push(next.event);
        last = next.sequence;
        bytes += next.bytes;
      }
      if (value.length === 0 || last >= call.sequence) return { value };
      const nextLink = this.urls.of(`/${call.callId}/events`, { $top: String(top), $skiptoken: String(last) });
      return { value, '@odata.nextLink': nextLink };
    } finally {
      void this.events.close(reader);
    }
  }

  private stream(caller: Caller, call: KnownCall, after: number, reply: FastifyReply): void {
    // Whoever hung up while the call was waited for has closed the connection already, and does not close it again.
    if (reply.raw.destroyed) return;
    const reader = this.events.open(caller, call, after, true);
    reply.raw.once('close', () => {
      void this.events.close(reader);
    });
    const { heartbeatMs, streamLifeMs: lifeMs } = this.settings;
    void reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-cache, no-transform')
      // A proxy that gathers an answer before it passes it on would hold the events back.
      .header('x-accel-buffering', 'no')
      .send(Readable.from(eventStream(reader, { heartbeatMs, lifeMs })));
  }
}

function unreadable(cause?: unknown): never {
  throw unavailable('Kafka does not give the history now; try again.', RETRY_AFTER_SECONDS, cause);
}

/** @throws ApiError 400 */
function sequenceOf(target: string, value: unknown): number {
  if (value === undefined || value === '') return 0;
  if (typeof value === 'string' && SEQUENCE.test(value)) return Number(value);
  const message = 'must be the sequence of an event';
  throw new ApiError(400, 'BadRequest', `The request is not valid: ${target} ${message}.`, { details: [{ target, message }] });
}
