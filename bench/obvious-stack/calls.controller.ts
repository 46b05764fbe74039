import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { GraphTokens } from './graph-tokens.js';
import { settings } from './settings.js';

interface CreateCallCommand {
  readonly data: { readonly callId: string; readonly tenantId: string; readonly call: object };
}

@Controller()
export class CallsController {
  constructor(private readonly tokens: GraphTokens) {}

  @EventPattern<Record<string, CreateCallCommand>>(settings.commandsTopic)
  async placeCall(@Payload() { data }: CreateCallCommand): Promise<void> {
    const { callId, tenantId, call } = data;
    const token = await this.tokens.get(tenantId);
    const callbackUri = `${settings.callbackPublicUrl}/v1/callbacks/${settings.graphAppId}/${tenantId}/${callId}/1/-`;
    const response = await fetch(`${settings.graphBaseUrl}/v1.0/communications/calls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...call, callbackUri }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`Graph answered ${response.status}: ${answer}`);
  }
}
