import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CallbackPaths } from '@callbus/contracts';
import { PROJECT_ROOT } from '@callbus/local-stack';
import type { CallbackKeys } from './callback-keys.js';

/** Graph lets an app have 100 calls at once in a tenant. */
const CALLS_PER_TENANT = 100;
const RECORDED = join(PROJECT_ROOT, 'libs', 'graph', 'fixtures', 'notifications');

export interface RecordedCallback {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface KnownCall {
  readonly callId: string;
  readonly path: string;
  readonly authorization: string;
}

/** Callbacks as Graph sends them: bodies that were recorded, in turns, about calls each of which has a token of its own. */
export class RecordedCallbacks {
  private sent = 0;

  private constructor(
    readonly appId: string,
    private readonly calls: readonly KnownCall[],
    private readonly bodies: readonly string[],
  ) {}

  static async about(count: number, keys: CallbackKeys, macKey: string): Promise<RecordedCallbacks> {
    const paths = new CallbackPaths([macKey]);
    const appId = randomUUID();
    const tenants = Array.from({ length: Math.ceil(count / CALLS_PER_TENANT) }, () => randomUUID());
    const calls = Array.from({ length: count }, async (_, index) => {
      const tenantId = tenants[index % tenants.length] ?? '';
      const callId = randomUUID();
      const path = paths.pathFor({ appId, tenantId, callId, attempt: 1 });
      return { callId, path, authorization: `Bearer ${await keys.token(appId, tenantId)}` };
    });
    const bodies = readdirSync(RECORDED).map((file) => readFileSync(join(RECORDED, file), 'utf8'));
    return new RecordedCallbacks(appId, await Promise.all(calls), bodies);
  }

  /** So many, of as many calls and bodies as there are. */
  next(count: number): RecordedCallback[] {
    return Array.from({ length: count }, () => {
      this.sent += 1;
      const call = this.calls[this.sent % this.calls.length];
      const body = this.bodies[this.sent % this.bodies.length];
      if (call === undefined || body === undefined) throw new Error('there are no calls or no bodies');
      return { path: call.path, headers: headersOf(call), body };
    });
  }
}

function headersOf({ callId, authorization }: KnownCall): Record<string, string> {
  return {
    authorization,
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'Microsoft-Skype/3.0,(Calling/1.0)',
    'x-microsoft-skype-chain-id': randomUUID(),
    'x-microsoft-skype-message-id': randomUUID(),
    'scenario-id': callId,
    'client-request-id': randomUUID(),
  };
}
