import type { ServiceCounts } from '../arguments.js';

export type ServiceKind = 'call-dispatcher' | 'notification-receiver' | 'notification-sequencer' | 'gateway' | 'graph-simulator';
export type AppFolder = 'call-dispatcher' | 'notification-ingest' | 'gateway' | 'graph-simulator';

export interface ServiceName {
  /** Of the process: its kind and a number from 1. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** Receiver and sequencer are two roles of one build. */
  readonly app: AppFolder;
  /** From 1, within its kind. */
  readonly number: number;
}

const APPS: Readonly<Record<ServiceKind, AppFolder>> = {
  'call-dispatcher': 'call-dispatcher',
  'notification-receiver': 'notification-ingest',
  'notification-sequencer': 'notification-ingest',
  gateway: 'gateway',
  'graph-simulator': 'graph-simulator',
};

/** The processes of a stack. Their order decides which management port each has, and nothing else. */
export function serviceNames(counts: ServiceCounts, hasSimulator: boolean): readonly ServiceName[] {
  return [
    ...several('call-dispatcher', counts.dispatchers),
    ...several('notification-receiver', counts.receivers),
    ...several('notification-sequencer', counts.sequencers),
    ...several('gateway', 1),
    ...several('graph-simulator', hasSimulator ? 1 : 0),
  ];
}

function several(kind: ServiceKind, count: number): ServiceName[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${kind}-${index + 1}`,
    kind,
    app: APPS[kind],
    number: index + 1,
  }));
}
