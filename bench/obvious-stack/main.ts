import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { CallsController } from './calls.controller.js';
import { GraphTokens } from './graph-tokens.js';
import { settings } from './settings.js';

@Module({ controllers: [CallsController], providers: [GraphTokens] })
class AppModule {}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
  transport: Transport.KAFKA,
  options: {
    client: { clientId: 'obvious-stack', brokers: settings.brokers },
    consumer: { groupId: 'obvious-stack' },
    subscribe: { fromBeginning: true },
    run: { partitionsConsumedConcurrently: settings.partitionsConsumedConcurrently },
  },
});
app.enableShutdownHooks();
await app.listen();
