import { randomUUID } from 'node:crypto';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CallbackStore } from './callback-store.js';
import { AuthenticCallbacks } from './authentic-callbacks.js';
import { notificationOf } from './notification-of.js';

@Controller('v1/callbacks')
export class CallbacksController {
  constructor(
    private readonly authentic: AuthenticCallbacks,
    private readonly store: CallbackStore,
  ) {}

  /** Graph's callbacks: 202 says that the exact bytes are on Kafka. */
  @Post(':appId/:tenantId/:callId/:attempt/:mac')
  @HttpCode(202)
  async receive(@Req() request: FastifyRequest): Promise<void> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const facts = { id: randomUUID(), receivedAtMs: Date.now() };
    await this.store.store(notificationOf(this.authentic.of(request), request.headers, body, facts));
  }
}
