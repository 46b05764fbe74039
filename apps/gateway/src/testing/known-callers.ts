import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeSnapshot, requestHash, type FoldedCall, type Snapshot } from '@callbus/contracts';
import type { Caller } from '../callers/caller-tokens.js';
import { nameOf } from '../callers/callers.js';
import type { GatewaySettings } from '../gateway-settings.js';
import { GatewayUnderTest } from './gateway-under-test.js';

const fixture = (path: string): Buffer => readFileSync(new URL(`../../../../libs/${path}`, import.meta.url));
export const SNAPSHOT = decodeSnapshot(fixture('contracts/fixtures/snapshots/snapshot.json'));
export const TENANT_ID = SNAPSHOT.call.tenantId;
export const OTHER_TENANT_ID = '11111111-2222-4333-8444-555555555555';
export const GRAPH_APP_ID = SNAPSHOT.call.appId;
const APP_ID = '2891555a-92ff-42e6-80fa-6e1300c6b5c6';
const ROLES = ['Calls.Create', 'Calls.Read', 'Calls.End'];
export const CALLERS = {
  owner: { appId: APP_ID, tenantId: TENANT_ID, roles: ROLES },
  other: { appId: APP_ID, tenantId: OTHER_TENANT_ID, roles: ROLES },
  both: { appId: '00000000-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  // Whose own tenant is not among those that are listed for it.
  elsewhere: { appId: '22222222-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  nowhere: { appId: '44444444-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  everywhere: { appId: '33333333-1111-4222-8333-444444444444', tenantId: OTHER_TENANT_ID, roles: ROLES },
  creator: { appId: APP_ID, tenantId: TENANT_ID, roles: ['Calls.Create'] },
  reader: { appId: APP_ID, tenantId: TENANT_ID, roles: ['Calls.Read'] },
} satisfies Record<string, Caller>;
export const CALL = {
  ...(JSON.parse(fixture('graph/fixtures/create-call/seed-ex1-request.json').toString()) as Record<string, unknown>),
  tenantId: TENANT_ID,
};
export const MEDIA_CALL = {
  ...CALL,
  mediaConfig: {
    '@odata.type': '#microsoft.graph.serviceHostedMediaConfig',
    preFetchMedia: [{ '@odata.type': '#microsoft.graph.mediaInfo', uri: 'https://cdn.contoso.com/beep.wav', resourceId: 'beep' }],
  },
};
export const HASH = requestHash({ appId: GRAPH_APP_ID, tenantId: TENANT_ID, call: CALL });

/** The gateway of the test that runs. */
export let gateway: GatewayUnderTest;

/** Has each test of a file find a gateway of its own in `gateway`. */
export function eachTestHasGateway(): void {
  beforeEach(() => start());
  afterEach(() => gateway.stop());
}

/** Starts a gateway, which takes the place of the present one. */
export async function start(changes: Partial<GatewaySettings> = {}): Promise<void> {
  const tenants = {
    [nameOf(CALLERS.both)]: [TENANT_ID, OTHER_TENANT_ID],
    [nameOf(CALLERS.elsewhere)]: [TENANT_ID],
    [nameOf(CALLERS.nowhere)]: [],
    [nameOf(CALLERS.everywhere)]: [TENANT_ID, ...Array.from({ length: 10 }, () => randomUUID())],
  };
  gateway = await GatewayUnderTest.start(CALLERS, {
    graphAppId: GRAPH_APP_ID,
    tenants,
    mediaHosts: ['cdn.contoso.com'],
    requestsPerSecond: 1_000,
    maxBodyBytes: 20_000,
    maxWaitSeconds: 30,
    maxEventReaders: 2,
    readTimeoutMs: 5_000,
    ...changes,
  });
}

/** A gateway whose requests wait for a call long enough, and what happens when one of them does. */
export async function startPatient(onWait: () => void): Promise<void> {
  await gateway.stop();
  await start({ waitForCallMs: 20_000 });
  gateway.onWait = onWait;
}

/** A call that there is a snapshot of. @returns its id */
export function know(changes: Partial<FoldedCall> = {}, more: Partial<Snapshot> = {}): string {
  const callId = more.callId ?? randomUUID();
  gateway.writeSnapshot({ ...SNAPSHOT, ...more, callId }, { graphCallId: randomUUID(), ...changes });
  return callId;
}

export const idOf = ({ body }: { body: Record<string, unknown> }): string => String(body['id']);
export const errorOf = ({ body }: { body: Record<string, unknown> }): Record<string, unknown> =>
  (body['error'] ?? {}) as Record<string, unknown>;
