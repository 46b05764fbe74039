import type { Logger } from '@callbus/chassis';
import { ContractError } from '@callbus/contracts';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, errorBody } from './api-error.js';
import { PATHS_HINT } from '../calls/call-urls.js';

/** Every failure leaves in one shape; what is ours to mend is logged. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    void answerError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.logger);
  }
}

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): FastifyReply {
  const apiError = apiErrorOf(error);
  const clientRequestId = request.headers['client-request-id'];
  if (apiError.status >= 500) logger.error({ err: error, requestId: request.id, status: apiError.status }, 'a request failed');
  const about = {
    id: request.id,
    clientRequestId: typeof clientRequestId === 'string' ? clientRequestId : undefined,
    date: new Date(),
  };
  return reply
    .status(apiError.status)
    .headers(apiError.options.headers ?? {})
    .send(errorBody(apiError, about));
}

/**
 * A body that cannot be read is the caller's error. Other 4xx errors of Fastify and Nest keep their status and message; an
 * unknown path gets a hint. Anything else is a 500.
 */
function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof ContractError) return new ApiError(400, 'BadRequest', error.detail, { cause: error });
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) {
    return new ApiError(500, 'InternalServerError', 'The request failed; repeat it with the same Idempotency-Key.', {
      cause: error,
    });
  }
  if (status === 404) return new ApiError(404, 'NotFound', `There is no such path. ${PATHS_HINT}`, { cause: error });
  const code = { 413: 'RequestTooLarge', 415: 'UnsupportedMediaType' }[status] ?? 'BadRequest';
  return new ApiError(status, code, error instanceof Error ? error.message : String(error), { cause: error });
}
