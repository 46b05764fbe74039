import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, Transport } from '@nestjs/microservices';
import { CallsController, KAFKA } from './calls.controller.js';
import { settings } from './settings.js';

@Module({
  imports: [
    ClientsModule.register([
      {
        name: KAFKA,
        transport: Transport.KAFKA,
        options: { client: { clientId: 'minimal', brokers: settings.brokers }, producerOnlyMode: true, send: { acks: -1 } },
      },
    ]),
  ],
  controllers: [CallsController],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(settings.httpPort, settings.httpHost);
