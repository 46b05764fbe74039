import type { MediaHosts } from '@callbus/graph';
import { topicName, TOPICS } from '@callbus/contracts';
import { Body, Controller, Headers, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProperty } from '@nestjs/swagger';
import { CallerRights } from '../callers/caller-rights.js';
import { Callers } from '../callers/callers.js';
import { GatewaySettings } from '../gateway-settings.js';
import { Answers, GraphRefuses, Refuses, TakesCall, TakesHeader } from '../http/api-description.js';
import { creationFailure, isCreated } from './call-outcome.js';
import { callAnswer, CallResource } from './call-resource.js';
import { CALLS_PATH, CallUrls } from './call-urls.js';
import { CreateCommands } from './create-commands.js';
import { preferredWaitSeconds } from './preferences.js';
import { readCreateCall, requireAllowedMedia } from './read-create-call.js';

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

/**
 * Creates calls as Graph does for its callers, by commands on Kafka.
 * @see https://learn.microsoft.com/graph/api/application-post-calls
 */
@Controller(CALLS_PATH)
export class CreateCallsController {
  private readonly mediaHosts: MediaHosts;

  constructor(
    private readonly callers: Callers,
    private readonly rights: CallerRights,
    private readonly commands: CreateCommands,
    private readonly urls: CallUrls,
    private readonly settings: GatewaySettings,
  ) {
    const hosts = new Set(settings.mediaHosts.map((host) => host.toLowerCase()));
    this.mediaHosts = { setting: 'GATEWAY_MEDIA_HOSTS', hosts };
  }

  /**
   * 202: the command is on Kafka, and the call is placed or its history says why not.
   * With `Prefer: wait=N` 201 with the call, or Graph's refusal, when it is known within N seconds.
   */
  @Post()
  @HttpCode(202)
  @TakesCall()
  @TakesHeader(
    'Idempotency-Key',
    'The same key is the same call; without it `client-request-id` is the key. A repeat of an accepted request is answered without being validated again.',
  )
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
    const hashOf = (callId: string): string | null => this.commands.hashOf(callId);
    const asked = readCreateCall(body, caller, [idempotencyKey, clientRequestId], this.settings, hashOf);
    const { callId, tenantId, call } = asked.data;
    this.rights.requireTenant(caller, tenantId);
    if (!asked.isAccepted) requireAllowedMedia(call, this.mediaHosts);
    // Also when Kafka does not confirm it: a call that is placed all the same can be seen and ended there.
    void reply.header('location', this.urls.of(`/${callId}`));
    await this.commands.send(asked);
    if (call['callbackUri'] != null) void reply.header('warning', this.callbackWarning());
    const waitSeconds = preferredWaitSeconds(prefer, this.settings.maxWaitSeconds);
    if (waitSeconds === null) return new AcceptedCall(callId);
    void reply.header('preference-applied', `wait=${String(waitSeconds)}`);
    const known = await this.commands.outcomeOf(asked, waitSeconds * 1_000);
    if (known === undefined) return new AcceptedCall(callId);
    if (known.call.failure !== null) throw creationFailure(known.call.failure);
    if (!isCreated(known)) return new AcceptedCall(callId);
    void reply.status(201);
    return callAnswer(known);
  }

  private callbackWarning(): string {
    const events = topicName(this.settings.kafka.topicPrefix, TOPICS.events);
    return `299 - "callbackUri is not used: the call's notifications are events on ${events}"`;
  }
}
