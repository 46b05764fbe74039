import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { peerCall } from '../support/peer-call.js';
import type { StackForTests } from '../support/stack-for-tests.js';

const RETRY_MS = 100;

/** An answer that is no 202. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
}

/**
 * A caller that places so many calls a second over HTTP. What is not accepted it asks for again, with the same
 * Idempotency-Key, until it is.
 */
export class SteadyLoad {
  /** The calls that were accepted. */
  readonly callIds: string[] = [];
  readonly refusals: Refusal[] = [];
  /** Requests that nobody answered, as while the only gateway is away. */
  unanswered = 0;
  private readonly underWay = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private readonly failures: unknown[] = [];

  private constructor(
    private readonly stack: StackForTests,
    private readonly token: string,
    perSecond: number,
  ) {
    this.timer = setInterval(() => {
      const placing = this.place().catch((error: unknown) => this.failures.push(error));
      const done: Promise<void> = placing.then(() => void this.underWay.delete(done));
      this.underWay.add(done);
    }, 1_000 / perSecond);
  }

  static async begin(stack: StackForTests, perSecond: number): Promise<SteadyLoad> {
    return new SteadyLoad(stack, await stack.callerToken(), perSecond);
  }

  /** Places no more; resolves when what was begun is accepted. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.underWay);
    if (this.failures.length > 0) throw new AggregateError(this.failures, 'some calls could not be placed');
  }

  private async place(): Promise<void> {
    const { gateway, caller } = this.stack.file;
    const request = {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify(peerCall(caller.tenantId)),
    };
    for (;;) {
      const response = await this.stack.fetch(`${gateway.url}/v1.0/communications/calls`, request).catch(() => null);
      if (response === null) this.unanswered += 1;
      else if (response.status === 202) {
        this.callIds.push(((await response.json()) as { id: string }).id);
        return;
      } else this.refusals.push({ status: response.status, body: await response.text() });
      await delay(RETRY_MS);
    }
  }
}
