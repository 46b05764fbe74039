import { Controller, Delete, Get, HttpCode, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Faults } from '../faults/faults.js';
import { jsonBodyOf } from '../faults/wire.js';
import { readFaultOrder, readScript } from './control-orders.js';
import { Scripts } from './scripts.js';

/** How the calls go: the faults that strike, and the script that they play. */
@Controller('simulator')
export class BehaviourController {
  constructor(
    private readonly faults: Faults,
    private readonly scripts: Scripts,
  ) {}

  @Post('faults')
  addFault(@Req() request: FastifyRequest): { id: number } {
    return { id: this.faults.add(readFaultOrder(jsonBodyOf(request))).id };
  }

  @Get('faults')
  listFaults(): { faults: object[] } {
    return {
      faults: this.faults.list().map(({ id, order, when, timesLeft, struck }) => ({ id, ...order, when, timesLeft, struck })),
    };
  }

  @Delete('faults')
  @HttpCode(204)
  clearFaults(): void {
    this.faults.clear();
  }

  @Put('script')
  putScript(@Req() request: FastifyRequest): object {
    const { script, match } = readScript(jsonBodyOf(request), this.scripts.current());
    this.scripts.put(script, match);
    return script;
  }

  @Get('script')
  script(): object {
    return this.scripts.current();
  }

  @Delete('script')
  @HttpCode(204)
  resetScript(): void {
    this.scripts.reset();
  }
}
