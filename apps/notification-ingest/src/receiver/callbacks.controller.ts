import { randomUUID } from 'node:crypto';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CallbackGate } from './gate/callback-gate.js';
import { CallbackLimits } from '../callback-limits.js';
import { CallbackStore } from './store/callback-store.js';
import { InFlight } from './gate/in-flight.js';
import { notificationOf } from './store/notification-of.js';
import { readBody } from './gate/read-body.js';
import { ReceiverMetrics } from './receiver-metrics.js';
import { Refusal } from './refusals/refusals.js';

@Controller('v1/callbacks')
export class CallbacksController {
  constructor(
    private readonly gate: CallbackGate,
    private readonly inFlight: InFlight,
    private readonly store: CallbackStore,
    private readonly limits: CallbackLimits,
    private readonly metrics: ReceiverMetrics,
  ) {}

  /** Graph's callbacks: 202 says that the exact bytes are on Kafka. Any bytes are stored, since Graph may never resend them. */
  @Post(':appId/:tenantId/:callId/:attempt/:mac')
  @HttpCode(202)
  async receive(@Req() request: FastifyRequest): Promise<void> {
    const callback = this.gate.callbackOf(request);
    const place = callback.place ?? this.inFlight.enter(callback.announcedBytes);
    if (place === null) throw new Refusal('OVERLOADED', 'too much is under way');
    try {
      const body = await readBody(request.raw, this.limits.maxBodyBytes, place);
      const facts = { id: randomUUID(), receivedAtMs: Date.now() };
      await this.store.store(notificationOf(callback, request.headers, body, facts));
      this.metrics.callback('accepted');
    } finally {
      place.leave();
    }
  }
}
