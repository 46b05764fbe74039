import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, Transport } from '@nestjs/microservices';
import { CallbacksController, KAFKA } from './callbacks.controller.js';
import { settings } from './settings.js';

@Module({
  imports: [
    ClientsModule.register([
      {
        name: KAFKA,
        transport: Transport.KAFKA,
        options: { client: { clientId: 'obvious', brokers: settings.brokers }, producerOnlyMode: true, send: { acks: -1 } },
      },
    ]),
  ],
  controllers: [CallbacksController],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(settings.httpPort, settings.httpHost);
