import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { settings } from './settings.js';

export const KAFKA = Symbol('Kafka');

@Controller('v1.0/communications/calls')
export class CallsController {
  constructor(@Inject(KAFKA) private readonly kafka: ClientKafka) {}

  @Post()
  @HttpCode(202)
  async create(@Body() call: object): Promise<object> {
    const callId = randomUUID();
    await lastValueFrom(this.kafka.emit(settings.topic, { key: callId, value: { type: 'CreateCall', callId, call } }));
    return { '@odata.type': '#microsoft.graph.call', id: callId, state: null };
  }
}
