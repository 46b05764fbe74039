import { UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { settings } from './settings.js';

const keys = createRemoteJWKSet(new URL(settings.jwksUrl));

export class CallbackTokenGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers, params } = context.switchToHttp().getRequest<Request<{ appId: string; tenantId: string }>>();
    const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
    const { payload } = await jwtVerify(token, keys, { issuer: settings.issuer, audience: params.appId }).catch(() => {
      throw new UnauthorizedException();
    });
    return payload['tid'] === params.tenantId;
  }
}
