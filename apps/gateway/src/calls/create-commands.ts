import { createCallCommand } from '@callbus/contracts';
import { ApiError } from '../http/api-error.js';
import { isDecided, isSettled } from './call-outcome.js';
import { COMMAND_SOURCE, type CommandLog } from './command-log.js';
import type { KnownCall } from './known-call.js';
import type { KnownCalls } from './known-calls.js';
import type { CreateCallRequest } from './read-create-call.js';
import type { WaitingCommands } from './waiting-commands.js';

export interface CreateCommandsParts {
  readonly log: CommandLog;
  readonly known: KnownCalls;
  readonly waiting: WaitingCommands;
  /** Milliseconds to wait for Graph's answer to the create after a callback has proven the call. */
  readonly waitForAnswerMs: number;
}

/** Sends creates to Kafka and waits for what becomes of them. */
export class CreateCommands {
  constructor(private readonly parts: CreateCommandsParts) {}

  /** The `requestHash` of a call that is known, else null. */
  hashOf(callId: string): string | null {
    return this.parts.known.get(callId)?.call.requestHash ?? null;
  }

  /** An accepted request is not sent again. @throws ApiError 409, 429 or 503 */
  async send(asked: CreateCallRequest): Promise<void> {
    const { log, known, waiting } = this.parts;
    if (asked.isAccepted) return;
    requireSameRequest(known.get(asked.data.callId), asked);
    await waiting.send(asked.data, () => log.append(createCallCommand(COMMAND_SOURCE, asked.data)));
  }

  /**
   * Waits until Graph has created or refused the call, at most `waitMs`, and returns its state. A callback can tell of the call
   * before Graph's answer to the create arrives; then this waits for that answer too, within the same limit.
   * @returns undefined if nothing is known of the call by then
   * @throws ApiError 409
   */
  async outcomeOf(asked: CreateCallRequest, waitMs: number): Promise<KnownCall | undefined> {
    const known = await this.settled(asked.data.callId, waitMs);
    requireSameRequest(known, asked);
    return known;
  }

  private async settled(callId: string, waitMs: number): Promise<KnownCall | undefined> {
    const endsAtMs = performance.now() + waitMs;
    const known = await this.parts.known.waitFor(callId, waitMs, isDecided);
    if (known === undefined || !isDecided(known) || isSettled(known)) return known;
    const leftMs = Math.max(0, Math.min(endsAtMs - performance.now(), this.parts.waitForAnswerMs));
    return this.parts.known.waitFor(callId, leftMs, isSettled);
  }
}

/** @throws ApiError 409 */
function requireSameRequest(known: KnownCall | undefined, asked: CreateCallRequest): void {
  const requestHash = known?.call.requestHash ?? null;
  if (requestHash === null || requestHash === asked.requestHash) return;
  const message =
    'The Idempotency-Key, or without one the client-request-id, was used for another call; use a fresh one for a new call.';
  throw new ApiError(409, 'Conflict', message);
}
