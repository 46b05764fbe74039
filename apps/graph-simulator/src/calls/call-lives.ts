import { randomUUID } from 'node:crypto';
import { callKindOf } from '@callbus/graph';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { readCallbackAddress } from '../callbacks/callback-address.js';
import { CallbackSender, type CallbackTarget } from '../callbacks/callback-sender.js';
import type { CreatedCall } from './call-response.js';
import { hangUpSteps, KEEP_ALIVE_TIMED_OUT, stepsOf, type CallScript, type RosterChange, type Step } from './call-script.js';
import type { GraphCaller } from './create-refusal.js';
import { textAt, type Json } from './graph-call.js';
import { callTerminated, callTerminating, callUpdated, rosterUpdated } from '../callbacks/notification-bodies.js';
import { RegisteredApps } from '../tokens/registered-apps.js';
import { firstRoster, isUser, withUser, type Participant } from './roster.js';
import { Scripts } from '../control/scripts.js';
import { SimulatorSettings } from '../simulator-settings.js';

/** A call that has not ended. */
export interface LiveCall extends CreatedCall {
  readonly target: CallbackTarget;
  readonly script: CallScript;
  readonly createdAt: string;
  state: 'establishing' | 'established' | 'terminating' | 'terminated';
  participants: readonly Participant[];
  /** Of the next step. */
  timer?: NodeJS.Timeout;
  keepAliveTimer?: NodeJS.Timeout;
}

/** Plays the calls: what becomes of each in time, and the callbacks that tell of it. */
@Injectable()
export class CallLives implements OnModuleDestroy {
  private readonly calls = new Map<string, LiveCall>();

  constructor(
    private readonly settings: SimulatorSettings,
    private readonly apps: RegisteredApps,
    private readonly scripts: Scripts,
    private readonly sender: CallbackSender,
  ) {}

  onModuleDestroy(): void {
    for (const call of this.calls.values()) this.stop(call);
    this.calls.clear();
  }

  list(): readonly LiveCall[] {
    return [...this.calls.values()];
  }

  /** A call of this tenant that has not ended; ids are compared without regard to case. */
  find(graphCallId: string, tenantId: string): LiveCall | undefined {
    const call = this.calls.get(graphCallId.toLowerCase());
    return call?.tenantId.toLowerCase() === tenantId.toLowerCase() ? call : undefined;
  }

  create(request: Json, caller: GraphCaller, scenarioId: string | undefined): LiveCall {
    const { tenantId, appId } = caller;
    const id = randomUUID();
    const kind = callKindOf(request);
    const callChainId = textAt(request, 'callChainId') ?? randomUUID();
    const callbackUri = textAt(request, 'callbackUri') ?? '';
    const address = readCallbackAddress(callbackUri);
    const call: LiveCall = {
      ...{ id, kind, callChainId, tenantId, appId, request, myParticipantId: randomUUID() },
      appName: this.apps.find(appId)?.displayName ?? 'Calling Bot',
      target: { callbackUri, graphCallId: id, callChainId, scenarioId, tenantId, appId, address },
      script: this.scripts.of({ tenantId, appId, kind, callId: address?.callId, attempt: address?.attempt }),
      createdAt: new Date().toISOString(),
      state: 'establishing',
      participants: [],
    };
    this.calls.set(id, call);
    this.keepAlive(call);
    this.play(call, stepsOf(call.script, kind));
    return call;
  }

  keepAlive(call: LiveCall): void {
    clearTimeout(call.keepAliveTimer);
    call.keepAliveTimer = setTimeout(() => {
      this.play(call, [{ afterMs: 0, show: 'terminated', result: KEEP_ALIVE_TIMED_OUT }]);
    }, this.settings.keepAliveMs);
  }

  hangUp(call: LiveCall): void {
    if (call.state !== 'terminating') this.play(call, hangUpSteps(call.script));
  }

  /** Replaces whatever the call would have done next. */
  private play(call: LiveCall, steps: readonly Step[]): void {
    clearTimeout(call.timer);
    const [step, ...rest] = steps;
    if (!step) return;
    call.timer = setTimeout(() => {
      this.show(call, step);
      this.play(call, rest);
    }, step.afterMs);
  }

  private show(call: LiveCall, step: Step): void {
    const { state, body } = this.take(call, step);
    this.sender.enqueue(call.target, state, body);
  }

  /** Changes the call by a step. @returns what to tell of it */
  private take(call: LiveCall, step: Step): { state: string; body: Json } {
    switch (step.show) {
      case 'establishing':
        return { state: 'establishing', body: callUpdated(call, 'establishing') };
      case 'established':
        call.state = 'established';
        return { state: 'established', body: callUpdated(call, 'established') };
      case 'audio-active':
        return { state: 'established', body: callUpdated(call, 'established', { audio: 'active' }) };
      case 'roster':
        call.participants = step.change ? changed(call.participants, step.change) : firstRoster(call, randomUUID);
        return { state: 'roster', body: rosterUpdated(call, call.participants) };
      case 'terminating':
        call.state = 'terminating';
        return { state: 'terminating', body: callTerminating(call) };
      case 'terminated':
        call.state = 'terminated';
        this.stop(call);
        this.calls.delete(call.id);
        return { state: 'terminated', body: callTerminated(call, step.result) };
    }
  }

  private stop(call: LiveCall): void {
    clearTimeout(call.timer);
    clearTimeout(call.keepAliveTimer);
  }
}

function changed(
  participants: readonly Participant[],
  { join = [], crowd = 0, leave = [] }: RosterChange,
): readonly Participant[] {
  const stayed = participants.filter((participant) => !leave.some((userId) => isUser(participant, userId)));
  const made = Array.from({ length: crowd }, (_, i) => ({ id: randomUUID(), displayName: `Participant ${i + 1}` }));
  return [...stayed, ...[...join, ...made].map((user) => withUser(user, randomUUID()))];
}
