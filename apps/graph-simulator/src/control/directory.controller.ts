import { isGuid } from '@callbus/graph';
import { BadRequestException, Controller, HttpCode, Param, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { jsonBodyOf } from '../faults/wire.js';
import { RegisteredApps } from '../tokens/registered-apps.js';
import { Tenants } from '../tokens/tenants.js';
import { readAppOrder, readRoles } from './control-orders.js';

/** Entra's directory: the apps that are registered, and what tenants have consented to. */
@Controller('simulator')
export class DirectoryController {
  constructor(
    private readonly apps: RegisteredApps,
    private readonly tenants: Tenants,
  ) {}

  @Put('apps/:clientId')
  @HttpCode(204)
  putApp(@Param('clientId') clientId: string, @Req() request: FastifyRequest): void {
    this.apps.put(readAppOrder(clientId, jsonBodyOf(request)));
  }

  @Put('tenants/:tenantId')
  @HttpCode(204)
  putTenant(@Param('tenantId') tenantId: string, @Req() request: FastifyRequest): void {
    if (!isGuid(tenantId)) throw new BadRequestException({ faults: ['tenantId: must be a GUID'] });
    this.tenants.setRoles(tenantId, readRoles(jsonBodyOf(request)));
  }
}
