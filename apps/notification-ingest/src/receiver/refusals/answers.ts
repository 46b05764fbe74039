import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Refusal } from './refusals.js';

/** All that a sender is told. It is the same for every reason of a status, so that it gives no hint. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'This is not a callback.',
  401: 'The token does not prove that Graph sent this.',
  404: 'There is nothing at this address.',
  405: 'A callback is a POST.',
  408: 'The request took too long.',
  413: 'The body is too large.',
  415: 'The body of a callback is application/json without a content-encoding.',
  431: 'The headers are too large.',
  500: 'The callback could not be taken; send it again.',
  503: 'The callback cannot be taken now; send it again later.',
};

/** What else the head of an answer says. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Bearer' },
  405: { allow: 'POST' },
  // What is left of a body that is too large is not read.
  413: { connection: 'close' },
};

/** The body of an answer, JSON as Graph’s own errors have it. */
export function answerBody(status: number): string {
  const code = STATUS_CODES[status]?.replaceAll(' ', '');
  return JSON.stringify({ error: { code, message: MESSAGES[status] } });
}

export function answerRefusal({ status }: Refusal, reply: FastifyReply, retryAfterSeconds: number): FastifyReply {
  if (status === 503) void reply.header('retry-after', String(retryAfterSeconds));
  return reply
    .status(status)
    .headers(HEADERS[status] ?? {})
    .type('application/json; charset=utf-8')
    .send(answerBody(status));
}

/** The whole answer to bytes that are no request, for a connection that ends with it. */
export function rawAnswer(status: number): string {
  const body = answerBody(status);
  const headers = {
    ...HEADERS[status],
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n');
}
