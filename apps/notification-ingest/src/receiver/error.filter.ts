import type { Logger } from '@callbus/chassis';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { refusal, retryAfterSeconds } from './authenticate-callback.js';

/** Answers in one shape, and logs what is ours to mend. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    void answerError(error, host.switchToHttp().getResponse<FastifyReply>(), this.logger);
  }
}

export function answerError(error: unknown, reply: FastifyReply, logger: Logger): FastifyReply {
  const answer = httpExceptionOf(error);
  const status = answer.getStatus();
  if (status >= 500) logger.error({ err: error, status }, 'a callback could not be taken');
  else logger.info({ status, why: causeOf(answer) }, 'a request was refused');
  const retryAfter = retryAfterSeconds(status);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.status(status).send(answer.getResponse());
}

/** Fastify's own errors, such as a body that is too large, carry a status too. */
function httpExceptionOf(error: unknown): HttpException {
  if (error instanceof HttpException) return error;
  const { statusCode, code, message } = error as { statusCode?: unknown; code?: unknown; message?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return refusal(statusCode, String(code), String(message), { cause: error });
  }
  return refusal(500, 'InternalServerError', 'The callback could not be taken; send it again.', { cause: error });
}

function causeOf(answer: HttpException): string {
  return answer.cause instanceof Error ? answer.cause.message : answer.message;
}
