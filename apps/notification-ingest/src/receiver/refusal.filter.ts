import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { answerRefusal } from './refusals/answers.js';
import type { CallbackGate } from './gate/callback-gate.js';
import type { RefusalLog } from './refusals/refusal-log.js';
import { refusalOf } from './refusals/refusals.js';

/** Ends every request that is not answered with 202, wherever it failed. */
@Catch()
export class RefusalFilter implements ExceptionFilter {
  constructor(
    private readonly log: RefusalLog,
    private readonly gate: Pick<CallbackGate, 'addressOf'>,
    private readonly retryAfterSeconds: number,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    void this.refuse(error, host.switchToHttp().getResponse<FastifyReply>());
  }

  refuse(error: unknown, reply: FastifyReply): FastifyReply {
    const refusal = refusalOf(error);
    this.log.note(refusal, refusal.code === 'UNKNOWN_ADDRESS' ? null : this.gate.addressOf(reply.request.url));
    return answerRefusal(refusal, reply, this.retryAfterSeconds);
  }
}
