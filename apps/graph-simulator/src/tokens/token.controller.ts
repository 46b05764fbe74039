import { randomUUID } from 'node:crypto';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RegisteredApps } from './registered-apps.js';
import { SigningKeys } from '../callbacks/signing-key.js';
import { SimulatorSettings } from '../simulator-settings.js';
import { Tenants } from './tenants.js';
import type { TokenRefusal } from './token-refusal.js';
import { decideToken, type TokenAuthority } from './token-request.js';
import { textBodyOf, Wire } from '../faults/wire.js';
import type { Answer } from '../faults/wire-exchange.js';

/** The part of Microsoft Entra: tokens for apps, and the documents with which their resources check them. */
@Controller(':tenant')
export class TokenController {
  private readonly authority: TokenAuthority;

  constructor(
    private readonly settings: SimulatorSettings,
    private readonly keys: SigningKeys,
    private readonly wire: Wire,
    apps: RegisteredApps,
    tenants: Tenants,
  ) {
    const { publicUrl, gatewayAudience, tokenSeconds } = settings;
    this.authority = {
      publicUrl,
      gatewayAudience,
      tokenSeconds,
      apps,
      graphRolesOf: (app, tenantId) => tenants.rolesOf(app, tenantId),
    };
  }

  @Post('oauth2/v2.0/token')
  async token(@Param('tenant') tenantId: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = new URLSearchParams(textBodyOf(request));
    await this.wire.answered('token', { tenantId, clientId: form.get('client_id') }, request, reply, async () => {
      const decision = await decideToken(this.authority, tenantId, form, Math.floor(Date.now() / 1_000));
      if (decision.kind === 'refused') return refusal(decision);
      const body = {
        token_type: 'Bearer',
        expires_in: decision.seconds,
        ext_expires_in: decision.seconds,
        access_token: await this.keys.token.sign(decision.claims),
      };
      return { status: 200, headers: { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' }, body };
    });
  }

  @Get('v2.0/.well-known/openid-configuration')
  async openId(@Param('tenant') tenant: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const base = `${this.settings.publicUrl}/${tenant}`;
    // For `common` Entra names no tenant but a place for one.
    const issuerTenant = ['common', 'organizations'].includes(tenant) ? '{tenantid}' : tenant;
    await this.wire.answered('jwks', { direction: 'token' }, request, reply, () => ({
      status: 200,
      body: {
        issuer: `${this.settings.publicUrl}/${issuerTenant}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
        token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
        response_types_supported: ['token'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
      },
    }));
  }

  @Get('discovery/v2.0/keys')
  async jwks(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.wire.answered('jwks', { direction: 'token' }, request, reply, () => ({
      status: 200,
      body: this.keys.token.jwks(),
    }));
  }
}

function refusal({ status, error, code, message }: TokenRefusal): Answer {
  const [traceId, correlationId] = [randomUUID(), randomUUID()];
  const timestamp = new Date().toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const body = {
    error,
    error_description: `${message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
  };
  return { status, body };
}
