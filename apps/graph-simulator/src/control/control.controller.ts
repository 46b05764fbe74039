import { BadRequestException, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallLives } from '../calls/call-lives.js';
import { CallbackSender } from '../callbacks/callback-sender.js';
import { readAppOrder, readFaultOrder, readNotificationOrder, readRoles, readScript } from './control-orders.js';
import { Faults } from '../faults/faults.js';
import { textAt } from '../calls/graph-call.js';
import { Deliveries, Posts, type DeliveryRecord, type PostRecord } from './records.js';
import { RegisteredApps } from '../tokens/registered-apps.js';
import { Scripts } from './scripts.js';
import { signedNotification } from '../callbacks/signed-notification.js';
import { SigningKeys } from '../callbacks/signing-key.js';
import { isGuid, Tenants } from '../tokens/tenants.js';
import { jsonBodyOf } from '../faults/wire.js';

/** The controls of the simulator, which Graph does not have. */
@Controller('simulator')
export class ControlController {
  constructor(
    private readonly lives: CallLives,
    private readonly posts: Posts,
    private readonly deliveries: Deliveries,
    private readonly faults: Faults,
    private readonly scripts: Scripts,
    private readonly apps: RegisteredApps,
    private readonly tenants: Tenants,
    private readonly sender: CallbackSender,
    private readonly keys: SigningKeys,
  ) {}

  @Get('posts')
  listPosts(@Query('callId') callId?: string): { posts: readonly PostRecord[]; forgotten: number } {
    return { posts: ofCall(this.posts.list(), callId), forgotten: this.posts.forgotten() };
  }

  @Get('deliveries')
  listDeliveries(@Query('callId') callId?: string): { deliveries: readonly DeliveryRecord[]; forgotten: number } {
    return { deliveries: ofCall(this.deliveries.list(), callId), forgotten: this.deliveries.forgotten() };
  }

  @Get('calls')
  listCalls(): { calls: object[] } {
    const calls = this.lives.list().map(({ id, kind, state, tenantId, appId, createdAt, target, participants }) => ({
      ...{ id, kind, state, tenantId, appId, createdAt, callbackUri: target.callbackUri, participants: participants.length },
      callId: target.address?.callId ?? null,
      attempt: target.address?.attempt ?? null,
    }));
    return { calls };
  }

  @Post('faults')
  addFault(@Req() request: FastifyRequest): { id: number } {
    return { id: this.faults.add(readFaultOrder(jsonBodyOf(request))).id };
  }

  @Get('faults')
  listFaults(): { faults: object[] } {
    return {
      faults: this.faults.list().map(({ id, order, when, timesLeft, struck }) => ({ id, ...order, when, timesLeft, struck })),
    };
  }

  @Delete('faults')
  @HttpCode(204)
  clearFaults(): void {
    this.faults.clear();
  }

  @Put('script')
  putScript(@Req() request: FastifyRequest): object {
    const { script, match } = readScript(jsonBodyOf(request), this.scripts.current());
    this.scripts.put(script, match);
    return script;
  }

  @Get('script')
  script(): object {
    return this.scripts.current();
  }

  @Delete('script')
  @HttpCode(204)
  resetScript(): void {
    this.scripts.reset();
  }

  @Put('apps/:clientId')
  @HttpCode(204)
  putApp(@Param('clientId') clientId: string, @Req() request: FastifyRequest): void {
    this.apps.put(readAppOrder(clientId, jsonBodyOf(request)));
  }

  @Put('tenants/:tenantId')
  @HttpCode(204)
  putTenant(@Param('tenantId') tenantId: string, @Req() request: FastifyRequest): void {
    if (!isGuid(tenantId)) throw new BadRequestException({ faults: ['tenantId: must be a GUID'] });
    this.tenants.setRoles(tenantId, readRoles(jsonBodyOf(request)));
  }

  @Post('keys')
  @HttpCode(204)
  async rotateKey(@Req() request: FastifyRequest): Promise<void> {
    const which = textAt(jsonBodyOf(request), 'rotate');
    if (which !== 'token' && which !== 'callback')
      throw new BadRequestException({ faults: ['rotate: must be token or callback'] });
    await this.keys[which].rotate();
  }

  @Post('notifications')
  async notify(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const order = readNotificationOrder(jsonBodyOf(request));
    const { headers, body } = await signedNotification(order, this.keys.callback, (appId, tenantId) =>
      this.sender.claims(appId, tenantId),
    );
    try {
      await reply.status(200).send(await this.sender.deliverOrdered(order.callbackUri, headers, body));
    } catch (error) {
      await reply.status(502).send({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}

function ofCall<T extends { readonly callId: string | null }>(records: readonly T[], callId: string | undefined): readonly T[] {
  return callId === undefined ? records : records.filter((record) => record.callId?.toLowerCase() === callId.toLowerCase());
}
