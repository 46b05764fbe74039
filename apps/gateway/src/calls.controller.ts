import { createCallCommand, endCallCommand, isCallId, topicName, TOPICS, type Snapshot } from '@callbus/contracts';
import type { SnapshotFollower } from '@callbus/kafka';
import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, noSuchCall } from './api-error.js';
import { callResource } from './call-resource.js';
import { CallerRights } from './caller-rights.js';
import { Callers } from './callers.js';
import { CommandLog } from './command-log.js';
import { GatewaySettings } from './gateway-settings.js';
import { readCreateCall } from './read-create-call.js';

export const SNAPSHOTS = Symbol('snapshots of all calls');

const PATH = 'v1.0/communications/calls';
const SOURCE = '/gateway';

/**
 * Graph's calling API as callers know it, in front of Kafka.
 * @see https://learn.microsoft.com/graph/api/application-post-calls
 */
@Controller(PATH)
export class CallsController {
  constructor(
    private readonly callers: Callers,
    private readonly rights: CallerRights,
    private readonly commands: CommandLog,
    private readonly settings: GatewaySettings,
    @Inject(SNAPSHOTS) private readonly snapshots: SnapshotFollower<Snapshot>,
  ) {}

  /** 202: the command is on Kafka, and the call is placed or its history says why not. */
  @Post()
  @HttpCode(202)
  async create(
    @Req() request: FastifyRequest,
    @Body() body: unknown,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Headers('client-request-id') clientRequestId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Create');
    const asked = readCreateCall(body, caller, [idempotencyKey, clientRequestId], this.settings.graphAppId);
    const { callId, tenantId, call } = asked.data;
    this.rights.requireTenant(caller, tenantId);
    const knownHash = this.snapshots.get(callId)?.call.requestHash ?? null;
    if (knownHash !== null && knownHash !== asked.requestHash) {
      const message = 'The Idempotency-Key was used for another call; use a fresh one for a new call.';
      throw new ApiError(409, 'Conflict', message);
    }
    await this.commands.append(createCallCommand(SOURCE, asked.data));
    void reply.header('location', `${request.protocol}://${request.host}/${PATH}/${callId}`);
    if (clientRequestId !== undefined) void reply.header('client-request-id', clientRequestId);
    if (call['callbackUri'] != null) void reply.header('warning', this.callbackWarning());
    return { '@odata.type': '#microsoft.graph.call', id: callId, state: null };
  }

  @Get(':callId')
  async read(@Req() request: FastifyRequest, @Param('callId') id: string): Promise<object> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Read');
    const callId = id.toLowerCase();
    if (!isCallId(callId)) throw noSuchCall();
    const snapshot = await this.snapshots.waitFor(callId, this.settings.waitForCallMs);
    // A call that was accepted may still come to be known.
    if (snapshot === undefined) throw noSuchCall({ 'retry-after': '1' });
    if (!this.rights.mayActIn(caller, snapshot.call.tenantId)) throw noSuchCall();
    return callResource(snapshot);
  }

  /** 202: the wish is on Kafka; the call's history says when it has ended. */
  @Delete(':callId')
  @HttpCode(202)
  async end(@Req() request: FastifyRequest, @Param('callId') id: string): Promise<void> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.End');
    const callId = id.toLowerCase();
    if (!isCallId(callId)) throw noSuchCall();
    // A call that is not known yet is the caller's own if it is anything: the ledger ends no other tenant's.
    const tenantId = this.snapshots.get(callId)?.call.tenantId ?? caller.tenantId;
    if (!this.rights.mayActIn(caller, tenantId)) throw noSuchCall();
    await this.commands.append(endCallCommand(SOURCE, { callId, tenantId }));
  }

  private callbackWarning(): string {
    const events = topicName(this.settings.kafka.topicPrefix, TOPICS.events);
    return `299 - "callbackUri is not used: the call's notifications are events on ${events}"`;
  }
}
