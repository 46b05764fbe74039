import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultTarget } from './fault-order.js';
import { Faults, type Facts } from './faults.js';
import { RawSockets, WireExchange, type Answer } from './wire-exchange.js';

/** Puts the ordered faults between a request and its answer. */
@Injectable()
export class Wire {
  readonly sockets = new RawSockets();

  constructor(private readonly faults: Faults) {}

  exchange(request: FastifyRequest, reply: FastifyReply): WireExchange {
    return new WireExchange(request, reply, this.sockets);
  }

  /** For requests that are simply answered: a fault may strike once they are read. */
  async answered(
    on: FaultTarget,
    facts: Facts,
    request: FastifyRequest,
    reply: FastifyReply,
    answer: () => Answer | Promise<Answer>,
  ): Promise<void> {
    const exchange = this.exchange(request, reply);
    const order = this.faults.strike(on, 'received', facts);
    if (order && !(await exchange.suffer(order, this.faults))) return;
    exchange.answer(await answer());
  }
}

export function textBodyOf(request: FastifyRequest): string {
  return Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
}

/** The body as JSON; undefined if it is none. */
export function jsonBodyOf(request: FastifyRequest): unknown {
  try {
    return JSON.parse(textBodyOf(request)) as unknown;
  } catch {
    return undefined;
  }
}

export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The headers that Graph's answers have, seen in public threads. */
export function graphHeaders(request: FastifyRequest): Record<string, string> {
  const echoed = ['client-request-id', 'scenario-id'].flatMap((name) => {
    const value = headerOf(request, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    'request-id': randomUUID(),
    'x-ms-ags-diagnostic':
      '{"ServerInfo":{"DataCenter":"Simulator","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"simulator"}}',
    'strict-transport-security': 'max-age=31536000',
    'odata-version': '4.0',
    ...Object.fromEntries(echoed),
  };
}

/** A refusal in Graph's envelope. */
export function graphError(request: FastifyRequest, status: number, code: string, message: string): Answer {
  const headers = graphHeaders(request);
  const innerError = {
    date: new Date().toISOString().slice(0, 19),
    'request-id': headers['request-id'],
    ...(headers['client-request-id'] !== undefined && { 'client-request-id': headers['client-request-id'] }),
  };
  return { status, headers, body: { error: { code, message, innerError } } };
}
