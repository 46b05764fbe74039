// The OpenAPI document of the gateway: what its controllers say of themselves, and their docstrings.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fileURLToPath } from 'node:url';
import { GatewaySettings } from '../apps/gateway/dist/gateway-settings.js';
import { GatewayModule } from '../apps/gateway/dist/gateway.module.js';
import { openApiOf } from '../apps/gateway/dist/open-api.js';
import { docstringsOf } from './docstrings.mjs';

/** @param {string} release */
export async function openApi(release) {
  // A preview builds no controller, so what they work with is never used.
  const parts = { settings: new GatewaySettings(), callers: {}, commands: {}, calls: {}, events: {} };
  const app = await NestFactory.create(GatewayModule.with(parts), new FastifyAdapter(), { preview: true, logger: ['error'] });
  const document = openApiOf(app, release);
  await app.close();
  const docs = docstringsOf(fileURLToPath(new URL('../apps/gateway/src', import.meta.url)));
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    schema.description ??= docs.get(name)?.text;
    for (const [member, property] of Object.entries(schema.properties ?? {}))
      property.description ??= docs.get(name)?.members.get(quoted(member)) ?? docs.get(name)?.members.get(member);
  }
  const methods = new Map([...docs].filter(([name]) => name?.endsWith('Controller')).flatMap(([, { members }]) => [...members]));
  for (const route of Object.values(document.paths))
    for (const operation of Object.values(route)) {
      operation.summary = methods.get(operation.operationId);
      operation.tags = ['calls'];
    }
  return JSON.parse(JSON.stringify({ ...document, tags: [{ name: 'calls', description: 'Microsoft Graph calls.' }] }));
}

const quoted = (member) => `'${member}'`;
