import { Body, Controller, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { CallbackTokenGuard } from './callback-token.guard.js';
import { settings } from './settings.js';

export const KAFKA = Symbol('Kafka');

@Controller('v1/callbacks')
export class CallbacksController {
  constructor(@Inject(KAFKA) private readonly kafka: ClientKafka) {}

  @Post(':appId/:tenantId/:callId/:attempt/:mac')
  @HttpCode(202)
  @UseGuards(CallbackTokenGuard)
  async receive(@Param('callId') callId: string, @Body() body: { readonly value?: readonly object[] }): Promise<void> {
    for (const notification of body.value ?? [body]) {
      await lastValueFrom(this.kafka.emit(settings.topic, { key: callId, value: notification }));
    }
  }
}
