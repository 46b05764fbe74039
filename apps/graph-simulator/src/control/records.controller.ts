import { Controller, Get, Query } from '@nestjs/common';
import { CallLives } from '../calls/call-lives.js';
import { Deliveries, Posts, type DeliveryRecord, type PostRecord } from './records.js';

/** What has come to the simulator, what it has sent, and the calls that live. */
@Controller('simulator')
export class RecordsController {
  constructor(
    private readonly posts: Posts,
    private readonly deliveries: Deliveries,
    private readonly lives: CallLives,
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
}

function ofCall<T extends { readonly callId: string | null }>(records: readonly T[], callId: string | undefined): readonly T[] {
  return callId === undefined ? records : records.filter((record) => record.callId?.toLowerCase() === callId.toLowerCase());
}
