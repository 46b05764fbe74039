import { BadRequestException, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallbackSender } from '../callbacks/callback-sender.js';
import { signedNotification } from '../callbacks/signed-notification.js';
import { SigningKeys } from '../callbacks/signing-key.js';
import { textAt } from '../calls/graph-call.js';
import { jsonBodyOf } from '../faults/wire.js';
import { readNotificationOrder } from './control-orders.js';

/** Notifications on order, and the change of the keys that prove tokens. */
@Controller('simulator')
export class NotificationsController {
  constructor(
    private readonly sender: CallbackSender,
    private readonly keys: SigningKeys,
  ) {}

  @Post('keys')
  @HttpCode(204)
  async rotateKey(@Req() request: FastifyRequest): Promise<void> {
    const which = textAt(jsonBodyOf(request), 'rotate');
    if (which !== 'token' && which !== 'callback')
      throw new BadRequestException({ faults: ['rotate: must be token or callback'] });
    await this.keys[which].rotate();
  }

  @Post('notifications')
  async notify(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const order = readNotificationOrder(jsonBodyOf(request));
    const { headers, body } = await signedNotification(order, this.keys.callback, (appId, tenantId) =>
      this.sender.claims(appId, tenantId),
    );
    try {
      await reply.status(200).send(await this.sender.deliverOrdered(order.callbackUri, headers, body));
    } catch (error) {
      await reply.status(502).send({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}
