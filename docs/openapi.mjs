// The OpenAPI document of the gateway: what its controllers say of themselves, and their docstrings.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { fileURLToPath } from 'node:url';
import { GatewaySettings } from '../apps/gateway/dist/gateway-settings.js';
import { GatewayModule } from '../apps/gateway/dist/gateway.module.js';
import { openApiOf } from '../apps/gateway/dist/http/open-api.js';
import { docstringsOf } from './docstrings.mjs';

/** @param {string} release */
export async function openApi(release) {
  // A preview builds no controller, so what they work with is never used.
  const parts = { settings: new GatewaySettings(), callers: {}, commands: {}, calls: {}, events: {} };
  const app = await NestFactory.create(GatewayModule.with(parts), new FastifyAdapter(), { preview: true, logger: ['error'] });
  const document = openApiOf(app, release);
  await app.close();
  const docs = docstringsIn('../apps/gateway/src');
  const graphDocs = docstringsIn('../libs/graph/src');
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const about = docs.get(name) ?? graphDocs.get(graphClassOf(name));
    schema.description ??= about?.text;
    for (const [member, property] of Object.entries(schema.properties ?? {}))
      property.description ??= about?.members.get(quoted(member)) ?? about?.members.get(member);
  }
  const methods = new Map([...docs].filter(([name]) => name?.endsWith('Controller')).flatMap(([, { members }]) => [...members]));
  for (const route of Object.values(document.paths))
    for (const operation of Object.values(route)) {
      operation.summary = methods.get(operation.operationId);
      operation.tags = ['calls'];
    }
  return JSON.parse(JSON.stringify({ ...document, tags: [{ name: 'calls', description: 'Microsoft Graph calls.' }] }));
}

const docstringsIn = (folder) => docstringsOf(fileURLToPath(new URL(folder, import.meta.url)));

/** The class that holds the members of `microsoft.graph.chatInfo` is ChatInfo. */
const graphClassOf = (component) => component.replace(/^microsoft\.graph\.(.)/, (_prefix, first) => first.toUpperCase());

const quoted = (member) => `'${member}'`;
