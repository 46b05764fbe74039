import { endCallCommand } from '@callbus/contracts';
import { Controller, Delete, HttpCode, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiResponse } from '@nestjs/swagger';
import { CallerRights } from '../callers/caller-rights.js';
import { Callers } from '../callers/callers.js';
import { UnknownEnds } from '../callers/unknown-ends.js';
import { Refuses, TakesCallId } from '../http/api-description.js';
import { CALLS_PATH } from './call-urls.js';
import { COMMAND_SOURCE, CommandLog } from './command-log.js';
import { ownIdOf, VisibleCalls } from './visible-calls.js';

/**
 * Ends calls as Graph does for its callers, by commands on Kafka.
 * @see https://learn.microsoft.com/graph/api/call-delete
 */
@Controller(CALLS_PATH)
export class EndCallsController {
  constructor(
    private readonly callers: Callers,
    private readonly rights: CallerRights,
    private readonly visible: VisibleCalls,
    private readonly unknownEnds: UnknownEnds,
    private readonly commands: CommandLog,
  ) {}

  /** 202: the wish is on Kafka; the call's history says when it has ended. After `CallEndFailed` a further one asks Graph again. */
  @Delete(':callId')
  @HttpCode(202)
  @TakesCallId()
  @ApiResponse({ status: 202, description: 'The command is on Kafka.' })
  @Refuses(404)
  async end(@Req() request: FastifyRequest, @Param('callId') id: string): Promise<void> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.End');
    const found = await this.visible.find(caller, id);
    const callId = found?.callId ?? ownIdOf(id);
    // docs/decisions/0018-ends-of-calls-that-are-not-known.md
    const tenants = found === undefined ? this.visible.tenantsOfUnknown(caller) : [found.call.tenantId];
    if (found === undefined) this.unknownEnds.take(caller);
    await this.commands.append(...tenants.map((tenantId) => endCallCommand(COMMAND_SOURCE, { callId, tenantId })));
  }
}
