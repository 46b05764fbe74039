import type { ServiceContext } from '@callbus/chassis';
import type { SnapshotFollower } from '@callbus/kafka';
import type { Dialling } from '../dialling/dialling.js';
import type { GraphAccess } from '../dialling/open-graph.js';
import type { DispatcherCore } from '../dispatcher-core.js';
import type { OwnCalls } from '../inbox/own-calls.js';
import { answersMsOf, type DispatcherSettings } from '../settings/dispatcher-settings.js';
import { Driver, type DriverOptions } from './driver.js';
import type { CallHistory } from './next-step.js';

export interface DriverParts extends Pick<DriverOptions, 'histories' | 'followUps' | 'rules'> {
  readonly graph: GraphAccess;
  readonly snapshots: SnapshotFollower<CallHistory>;
  readonly ownCalls: OwnCalls;
}

/** Builds the driver and tells it of everything that lets a call go on. */
export function startDriver(
  { settings, onShutdown, fail }: ServiceContext<DispatcherSettings>,
  core: DispatcherCore,
  dialling: Dialling,
  parts: DriverParts,
): Driver {
  const { graph, snapshots, followUps, ownCalls } = parts;
  const driver = new Driver(core, dialling, { ...parts, isMine: (callId) => ownCalls.has(callId), onFatal: fail });
  const advance = (): void => {
    driver.advance();
  };
  graph.onTokenRequested(advance);
  followUps.onGone(advance);
  dialling.attempts.onPlaceFreed((callId) => {
    driver.look(callId);
    driver.advance();
  });
  core.ledger.onChange(({ callId }, { kind }) => {
    driver.look(callId);
    // An attempt that closes, here or in another process, may make room for another call.
    if (kind !== 'accepted' && kind !== 'intended') driver.advance();
  });
  snapshots.onSnapshot((callId) => {
    driver.look(callId);
    if (snapshots.get(callId)?.hasEnded === true) driver.advance();
  });
  ownCalls.onAssigned(() => {
    driver.takeOver();
  });
  onShutdown('driver', () => {
    driver.stop();
    setTimeout(() => {
      graph.client.giveUp();
    }, answersMsOf(settings));
    return Promise.resolve();
  });
  return driver;
}
