import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProperty, ApiPropertyOptional, ApiQuery } from '@nestjs/swagger';
import { CallerRights } from '../callers/caller-rights.js';
import type { Caller } from '../callers/caller-tokens.js';
import { Callers } from '../callers/callers.js';
import { ReadBudgets } from '../callers/read-budgets.js';
import { Answers, Refuses, TakesCallId, TakesPage } from '../http/api-description.js';
import { callAnswer, CallResource } from './call-resource.js';
import { CALLS_PATH, CallUrls } from './call-urls.js';
import { Participant } from './graph-resources.js';
import type { KnownCall } from './known-call.js';
import { listPage } from './list-page.js';
import { LIST_PAGE, readListQuery } from './list-query.js';
import { VisibleCalls } from './visible-calls.js';

export class CallList {
  @ApiProperty({ type: [CallResource] })
  value!: readonly CallResource[];

  /** The next page, if there is more. */
  @ApiPropertyOptional()
  '@odata.nextLink'?: string;
}

export class ParticipantList {
  /** As Graph told of them. */
  @ApiProperty({ type: [Participant] })
  value!: readonly Readonly<Record<string, unknown>>[];

  /** How many more there are than are listed. */
  @ApiPropertyOptional({ type: 'integer' })
  '@callbus.truncated'?: number;
}

/**
 * Shows calls as Graph shows them, from their snapshots.
 * @see https://learn.microsoft.com/graph/api/call-get
 */
@Controller(CALLS_PATH)
export class ReadCallsController {
  constructor(
    private readonly callers: Callers,
    private readonly rights: CallerRights,
    private readonly visible: VisibleCalls,
    private readonly urls: CallUrls,
    private readonly reads: ReadBudgets,
  ) {}

  /** The calls of this caller's tenants. */
  @Get()
  @TakesPage(LIST_PAGE)
  @ApiQuery({
    name: '$filter',
    required: false,
    description: "`state eq 'established'`, several joined by `or`; or `state eq null`.",
  })
  @Answers(200, 'A page of them.', CallList)
  @Refuses()
  list(
    @Req() request: FastifyRequest,
    @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Read');
    const asked = readListQuery(query);
    const linkAfter = (callId: string): string => this.urls.of('', { ...(query as Record<string, string>), $skiptoken: callId });
    return this.written(caller, reply, () => listPage(this.visible.page(caller, asked), linkAfter));
  }

  /** A call as Graph shows it, under our id. */
  @Get(':callId')
  @TakesCallId()
  @Answers(200, 'What its history says of it.', CallResource)
  @Refuses(404)
  async read(
    @Req() request: FastifyRequest,
    @Param('callId') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { caller, call } = await this.readable(request, id);
    return this.written(caller, reply, () => JSON.stringify(callAnswer(call)));
  }

  /** Who is in a call. */
  @Get(':callId/participants')
  @TakesCallId()
  @Answers(200, 'The list as Graph told it last.', ParticipantList)
  @Refuses(404)
  async participants(
    @Req() request: FastifyRequest,
    @Param('callId') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { caller, call } = await this.readable(request, id);
    return this.written(caller, reply, () => JSON.stringify(participantList(call)));
  }

  private async readable(request: FastifyRequest, id: string): Promise<{ readonly caller: Caller; readonly call: KnownCall }> {
    const caller = this.callers.of(request);
    this.rights.require(caller, 'Calls.Read');
    return { caller, call: await this.visible.read(caller, id) };
  }

  /** Builds an answer’s text and charges its time to the caller’s read budget. @throws ApiError 429 */
  private written(caller: Caller, reply: FastifyReply, json: () => string): string {
    const text = this.reads.spend(caller, json);
    void reply.header('content-type', 'application/json; charset=utf-8');
    return text;
  }
}

function participantList({ call: { participants: value, participantsTruncated: truncated } }: KnownCall): ParticipantList {
  return truncated > 0 ? { value, '@callbus.truncated': truncated } : { value };
}
