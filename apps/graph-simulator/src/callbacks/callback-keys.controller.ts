import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SigningKeys } from './signing-key.js';
import { SimulatorSettings } from '../simulator-settings.js';
import { Wire } from '../faults/wire.js';

/** What https://api.aps.skype.com/v1 publishes: the keys behind the tokens of callbacks. */
@Controller('callbacks/v1')
export class CallbackKeysController {
  constructor(
    private readonly settings: SimulatorSettings,
    private readonly keys: SigningKeys,
    private readonly wire: Wire,
  ) {}

  @Get('.well-known/OpenIdConfiguration')
  async openId(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.wire.answered('jwks', { direction: 'callback' }, request, reply, () => ({
      status: 200,
      body: {
        // Microsoft's document too names an issuer that its tokens need not have.
        issuer: 'https://api.botframework.com',
        authorization_endpoint: 'https://invalid.botframework.com',
        jwks_uri: `${this.settings.publicUrl}/callbacks/v1/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
      },
    }));
  }

  @Get('keys')
  async jwks(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.wire.answered('jwks', { direction: 'callback' }, request, reply, () => ({
      status: 200,
      body: this.keys.callback.jwks(),
    }));
  }
}
