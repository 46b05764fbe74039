import { createCallCommand, endCallCommand, topicName, TOPICS } from '@callbus/contracts';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProperty, ApiPropertyOptional, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { Answers, GraphRefuses, Refuses, TakesCall, TakesCallId, TakesHeader, TakesPage } from '../http/api-description.js';
import { ApiError } from '../http/api-error.js';
import { creationFailure, isCreated, isDecided, isSettled } from './call-outcome.js';
import { callAnswer, CallResource } from './call-resource.js';
import { CALLS_PATH, CallUrls } from './call-urls.js';
import { CallerRights } from '../callers/caller-rights.js';
import type { Caller } from '../callers/caller-tokens.js';
import { Callers } from '../callers/callers.js';
import { CommandLog } from './command-log.js';
import { GatewaySettings } from '../gateway-settings.js';
import { Participant } from './graph-resources.js';
import type { KnownCall } from './known-call.js';
import { KnownCalls } from './known-calls.js';
import { listPage } from './list-page.js';
import { LIST_PAGE, readListQuery } from './list-query.js';
import { preferredWaitSeconds } from './preferences.js';
import { ReadBudgets } from '../callers/read-budgets.js';
import { readCreateCall, type CreateCallRequest, type CreateCallRules } from './read-create-call.js';
import { UnknownEnds } from '../callers/unknown-ends.js';
import { ownIdOf, VisibleCalls } from './visible-calls.js';
import { WaitingCommands } from './waiting-commands.js';

const SOURCE = '/gateway';
const CREATED_HEADERS = ['Location', 'Preference-Applied', 'Warning'];

/** A call of which it is known only that it will be placed, or that its history will say why not. */
export class AcceptedCall {
  @ApiProperty({ enum: ['#microsoft.graph.call'] })
  readonly '@odata.type' = '#microsoft.graph.call';

  @ApiProperty({ type: 'null' })
  readonly state = null;

  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

export class CallList {
  @ApiProperty({ type: [CallResource] })
  value!: readonly CallResource[];

  /** The next page, if there is more. */
  @ApiPropertyOptional()
  '@odata.nextLink'?: string;
}

export class ParticipantList {
  /** As Graph told of them. */
  @ApiProperty({ type: [Participant] })
  value!: readonly Readonly<Record<string, unknown>>[];

  /** How many more there are than are listed. */
  @ApiPropertyOptional({ type: 'integer' })
  '@callbus.truncated'?: number;
}

/**
 * Graph's calling API as callers know it, in front of Kafka.
 * @see https://learn.microsoft.com/graph/api/application-post-calls
 */
@Controller(CALLS_PATH)
export class CallsController {
  private readonly createRules: CreateCallRules;

  constructor(
    private readonly callers: Callers,
    private readonly rights: CallerRights,
    private readonly commands: CommandLog,
    private readonly known: KnownCalls,
    private readonly visible: VisibleCalls,
    private readonly urls: CallUrls,
    private readonly reads: ReadBudgets,
    private readonly waiting: WaitingCommands,
    private readonly unknownEnds: UnknownEnds,
    private readonly settings: GatewaySettings,
  ) {
    const hosts = new Set(settings.mediaHosts.map((host) => host.toLowerCase()));
    this.createRules = { ...settings, mediaHosts: { setting: 'GATEWAY_MEDIA_HOSTS', hosts } };
  }

  /**
   * 202: the command is on Kafka, and the call is placed or its history says why not.
   * With `Prefer: wait=N` 201 with the call, or Graph's refusal, when it is known within N seconds.
   */
  @Post()
  @HttpCode(202)
  @TakesCall()
  @TakesHeader('Idempotency-Key', 'The same key is the same call; without it `client-request-id` is the key.')
  @TakesHeader('Prefer', '`wait=N`: waits up to N seconds for the outcome.')
  @Answers(201, 'It was created; only with Prefer.', CallResource, { headers: CREATED_HEADERS })
  @Answers(202, 'The command is on Kafka.', AcceptedCall, { headers: CREATED_HEADERS })
  @Refuses(409, 413, 415)
  @GraphRefuses()
  async create(
    @Req() request: FastifyRequest,
    @Body() body: unknown,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Headers('client-request-id') clientRequestId: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedCall | CallResource> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Create');
    const isAccepted = (request: CreateCallRequest): boolean => this.isAccepted(request);
    const asked = readCreateCall(body, caller, [idempotencyKey, clientRequestId], this.createRules, isAccepted);
    const { callId, tenantId, call } = asked.data;
    this.rights.requireTenant(caller, tenantId);
    // Also when Kafka does not confirm it: a call that is placed all the same can be seen and ended there.
    void reply.header('location', this.urls.of(`/${callId}`));
    await this.place(asked);
    if (call['callbackUri'] != null) void reply.header('warning', this.callbackWarning());
    const waitSeconds = preferredWaitSeconds(prefer, this.settings.maxWaitSeconds);
    if (waitSeconds === null) return new AcceptedCall(callId);
    void reply.header('preference-applied', `wait=${String(waitSeconds)}`);
    const known = await this.outcomeOf(callId, waitSeconds * 1_000);
    if (known === undefined) return new AcceptedCall(callId);
    requireSameRequest(known, asked);
    if (known.call.failure !== null) throw creationFailure(known.call.failure);
    if (!isCreated(known)) return new AcceptedCall(callId);
    void reply.status(201);
    return callAnswer(known);
  }

  /** The calls of this caller's tenants. */
  @Get()
  @TakesPage(LIST_PAGE)
  @ApiQuery({
    name: '$filter',
    required: false,
    description: "`state eq 'established'`, several joined by `or`; or `state eq null`.",
  })
  @Answers(200, 'A page of them.', CallList)
  @Refuses()
  list(
    @Req() request: FastifyRequest,
    @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Read');
    const asked = readListQuery(query);
    const linkAfter = (callId: string): string => this.urls.of('', { ...(query as Record<string, string>), $skiptoken: callId });
    return this.written(caller, reply, () => listPage(this.visible.page(caller, asked), linkAfter));
  }

  /** A call as Graph shows it, under our id. */
  @Get(':callId')
  @TakesCallId()
  @Answers(200, 'What its history says of it.', CallResource)
  @Refuses(404)
  async read(
    @Req() request: FastifyRequest,
    @Param('callId') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { caller, call } = await this.readable(request, id);
    return this.written(caller, reply, () => JSON.stringify(callAnswer(call)));
  }

  /** Who is in a call. */
  @Get(':callId/participants')
  @TakesCallId()
  @Answers(200, 'The list as Graph told it last.', ParticipantList)
  @Refuses(404)
  async participants(
    @Req() request: FastifyRequest,
    @Param('callId') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { caller, call } = await this.readable(request, id);
    return this.written(caller, reply, () => JSON.stringify(participantList(call)));
  }

  /** 202: the wish is on Kafka; the call's history says when it has ended. After `CallEndFailed` a further one asks Graph again. */
  @Delete(':callId')
  @HttpCode(202)
  @TakesCallId()
  @ApiResponse({ status: 202, description: 'The command is on Kafka.' })
  @Refuses(404)
  async end(@Req() request: FastifyRequest, @Param('callId') id: string): Promise<void> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.End');
    const found = await this.visible.find(caller, id);
    const callId = found?.callId ?? ownIdOf(id);
    // docs/decisions/0018-ends-of-calls-that-are-not-known.md
    const tenants = found === undefined ? this.visible.tenantsOfUnknown(caller) : [found.call.tenantId];
    if (found === undefined) this.unknownEnds.take(caller);
    await this.commands.append(...tenants.map((tenantId) => endCallCommand(SOURCE, { callId, tenantId })));
  }

  private async readable(request: FastifyRequest, id: string): Promise<{ readonly caller: Caller; readonly call: KnownCall }> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Read');
    return { caller, call: await this.visible.read(caller, id) };
  }

  /** Builds an answer’s text and charges its time to the caller’s read budget. @throws ApiError 429 */
  private written(caller: Caller, reply: FastifyReply, json: () => string): string {
    const text = this.reads.spend(caller, json);
    void reply.header('content-type', 'application/json; charset=utf-8');
    return text;
  }

  private isAccepted({ data, requestHash }: CreateCallRequest): boolean {
    return this.known.get(data.callId)?.call.requestHash === requestHash;
  }

  /** A request that is known as accepted is not sent again. */
  private async place(asked: CreateCallRequest): Promise<void> {
    if (this.isAccepted(asked)) return;
    const known = this.known.get(asked.data.callId);
    if (known !== undefined) requireSameRequest(known, asked);
    await this.waiting.send(asked.data, () => this.commands.append(createCallCommand(SOURCE, asked.data)));
  }

  /**
   * Waits until Graph has created or refused the call, at most `waitMs`, and returns its state. A callback can tell of the call
   * before Graph's answer to the create arrives; then this waits for that answer too, within the same limit.
   */
  private async outcomeOf(callId: string, waitMs: number): Promise<KnownCall | undefined> {
    const endsAtMs = performance.now() + waitMs;
    const known = await this.known.waitFor(callId, waitMs, isDecided);
    if (known === undefined || !isDecided(known) || isSettled(known)) return known;
    const leftMs = Math.max(0, Math.min(endsAtMs - performance.now(), this.settings.waitForAnswerMs));
    return this.known.waitFor(callId, leftMs, isSettled);
  }

  private callbackWarning(): string {
    const events = topicName(this.settings.kafka.topicPrefix, TOPICS.events);
    return `299 - "callbackUri is not used: the call's notifications are events on ${events}"`;
  }
}

function participantList({ call: { participants: value, participantsTruncated: truncated } }: KnownCall): ParticipantList {
  return truncated > 0 ? { value, '@callbus.truncated': truncated } : { value };
}

/** @throws ApiError 409 */
function requireSameRequest({ call }: KnownCall, asked: CreateCallRequest): void {
  if (call.requestHash === null || call.requestHash === asked.requestHash) return;
  const message =
    'The Idempotency-Key, or without one the client-request-id, was used for another call; use a fresh one for a new call.';
  throw new ApiError(409, 'Conflict', message);
}
