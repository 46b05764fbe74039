import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';

const { KAFKA_BROKERS = '127.0.0.1:19092', KAFKA_TOPIC_PREFIX: topicPrefix = 'calls.' } = process.env;

interface CallEvent {
  readonly type: string;
  readonly sequence: string;
  readonly data: { readonly callId: string; readonly state?: string; readonly late?: boolean };
}

interface Call {
  sequence: string;
  state: string;
}

@Controller()
class CallsController {
  private readonly calls = new Map<string, Call>();

  // The stock transport commits an event whose handler throws, as if it were handled: what can fail, try again in here.
  @EventPattern(`${topicPrefix}events`)
  onEvent(@Payload() event: object): void {
    const { type, sequence, data } = event as CallEvent;
    const call = this.calls.get(data.callId) ?? { sequence: '', state: '-' };
    // Sequences have ten digits, so they compare as text.
    if (sequence <= call.sequence) return;
    const isLate = data.late === true;
    const state = type === 'CallStateChanged' && !isLate ? (data.state ?? call.state) : call.state;
    this.calls.set(data.callId, { sequence, state });
    console.log(data.callId, sequence, type, state, isLate ? 'late' : 'in time');
  }
}

@Module({ controllers: [CallsController] })
class SubscriberModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(SubscriberModule, {
  transport: Transport.KAFKA,
  logger: ['error'],
  options: {
    client: { brokers: KAFKA_BROKERS.split(',') },
    consumer: { groupId: 'example-nest', allowAutoTopicCreation: false },
    // Without it a new group, and one whose offset has expired, begins at the end.
    subscribe: { fromBeginning: true },
    postfixId: '',
  },
});
app.enableShutdownHooks();
await app.listen();
