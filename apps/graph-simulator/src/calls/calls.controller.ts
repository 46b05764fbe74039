import { isObject } from '@callbus/graph';
import { Controller, Delete, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createdCallBody } from './call-response.js';
import { CallLives, type LiveCall } from './call-lives.js';
import { readCallbackAddress } from '../callbacks/callback-address.js';
import { refusalOf, type GraphCaller } from './create-refusal.js';
import { Faults, type Facts } from '../faults/faults.js';
import { memberAt, textAt } from './graph-call.js';
import { checkGraphToken } from '../tokens/graph-token.js';
import { Posts } from '../control/records.js';
import { SigningKeys } from '../callbacks/signing-key.js';
import { SimulatorSettings } from '../simulator-settings.js';
import { graphError, graphHeaders, headerOf, jsonBodyOf, textBodyOf, Wire } from '../faults/wire.js';
import type { Answer } from '../faults/wire-exchange.js';

/** Graph's own part: creating calls, and what may be done with one that exists. */
@Controller(['v1.0/communications/calls', 'v1.0/app/calls'])
export class CallsController {
  constructor(
    private readonly settings: SimulatorSettings,
    private readonly keys: SigningKeys,
    private readonly lives: CallLives,
    private readonly faults: Faults,
    private readonly posts: Posts,
    private readonly wire: Wire,
  ) {}

  @Post()
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const call = jsonBodyOf(request);
    const address = readCallbackAddress(memberAt(call, 'callbackUri'));
    const facts = { tenantId: textAt(call, 'tenantId') ?? address?.tenantId, ...address };
    const exchange = this.wire.exchange(request, reply);
    // It counts from here on, whatever becomes of it.
    const post = this.posts.add({
      callId: address?.callId ?? null,
      attempt: address?.attempt ?? null,
      time: new Date().toISOString(),
      timeMs: performance.timeOrigin + performance.now(),
      headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'authorization')),
      body: call ?? textBodyOf(request),
      answered: null,
    });
    exchange.onAnswered((status) => {
      post.answered = { status };
    });

    const onReceived = this.faults.strike('create', 'received', facts, (order) => order.action !== 'reset-before-read');
    if (onReceived && !(await exchange.suffer(onReceived, this.faults))) return;
    const caller = await this.caller(request);
    if (typeof caller === 'string') {
      exchange.answer(unauthorized(request, caller));
      return;
    }
    const refusal = refusalOf(call, caller);
    if (refusal || !isObject(call)) {
      exchange.answer(graphError(request, refusal?.status ?? 400, refusal?.code ?? 'BadRequest', refusal?.message ?? ''));
      return;
    }

    const live = this.lives.create(call, caller, headerOf(request, 'scenario-id'));
    const answer = createdAnswer(request, live, this.settings.publicUrl);
    const later: Facts = { ...facts, tenantId: live.tenantId, appId: live.appId, kind: live.kind, graphCallId: live.id };
    const onCreated = this.faults.strike('create', 'created', later);
    if (onCreated && !(await exchange.suffer(onCreated, this.faults, answer))) return;
    exchange.onAnswered(() => {
      const onAnswered = this.faults.strike('create', 'answered', later);
      if (onAnswered) void exchange.suffer(onAnswered, this.faults);
    });
    exchange.answer(answer);
  }

  @Get(':id')
  async read(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const caller = await this.caller(request);
    const call = typeof caller === 'string' ? undefined : this.lives.find(id, caller.tenantId);
    const exchange = this.wire.exchange(request, reply);
    if (typeof caller === 'string') exchange.answer(unauthorized(request, caller));
    else if (!call) exchange.answer(notFound(request));
    else {
      const body = { ...createdCallBody(call, this.settings.publicUrl), state: call.state };
      exchange.answer({ status: 200, headers: graphHeaders(request), body });
    }
  }

  @Delete(':id')
  async end(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.onCall('end', id, request, reply, (call) => {
      this.lives.hangUp(call);
      return { status: 204, headers: graphHeaders(request) };
    });
  }

  @Post([':id/keepAlive', ':id/microsoft.graph.keepAlive'])
  async keepAlive(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.onCall('keepAlive', id, request, reply, (call) => {
      this.lives.keepAlive(call);
      return { status: 200, headers: graphHeaders(request) };
    });
  }

  private async onCall(
    on: 'end' | 'keepAlive',
    id: string,
    request: FastifyRequest,
    reply: FastifyReply,
    act: (call: LiveCall) => Answer,
  ): Promise<void> {
    const caller = await this.caller(request);
    const call = typeof caller === 'string' ? undefined : this.lives.find(id, caller.tenantId);
    const address = call?.target.address;
    const facts = {
      graphCallId: id,
      tenantId: call?.tenantId,
      appId: call?.appId,
      callId: address?.callId,
      attempt: address?.attempt,
    };
    await this.wire.answered(on, facts, request, reply, () => {
      if (typeof caller === 'string') return unauthorized(request, caller);
      // It may have ended while a fault held the request.
      const stillLive = call && this.lives.find(id, call.tenantId);
      return stillLive ? act(stillLive) : notFound(request);
    });
  }

  private async caller(request: FastifyRequest): Promise<GraphCaller | string> {
    return checkGraphToken(headerOf(request, 'authorization'), this.keys, this.settings.publicUrl);
  }
}

function createdAnswer(request: FastifyRequest, call: LiveCall, publicUrl: string): Answer {
  const location = `${publicUrl}/v1.0/communications/calls/${call.id}`;
  return { status: 201, headers: { ...graphHeaders(request), location }, body: createdCallBody(call, publicUrl) };
}

function unauthorized(request: FastifyRequest, message: string): Answer {
  const answer = graphError(request, 401, 'InvalidAuthenticationToken', message);
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer realm=""' } };
}

function notFound(request: FastifyRequest): Answer {
  return graphError(request, 404, 'NotFound', 'Call not found.');
}
