// A caller with a genuine token, which asks for as much as it can; and floods without any token.
import { randomUUID } from 'node:crypto';
import { forgedToken, unsignedToken } from './forged-token.ts';
import { HttpClient } from './http.ts';
import { BROKEN, obeyParent, targets, type Attack } from './rogue.ts';

const { ca, gatewayUrl, caller, call, liveCallId } = targets();
const http = new HttpClient(ca);
const calls = `${gatewayUrl}/v1.0/communications/calls`;
const authorization = `Bearer ${await http.token(caller)}`;
const json = { authorization, 'content-type': 'application/json' };
const claims = { aud: 'api://callbus', tid: caller.tenantId, appid: caller.clientId, roles: ['Calls.Create', 'Calls.Read'] };

const create = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
  http.status(calls, { method: 'POST', headers: { ...json, ...headers }, body });

/** About the largest call that is accepted. */
const LARGEST = JSON.stringify({ ...call, others: Array.from({ length: 15 }, () => 'x'.repeat(4_000)) });
const TOO_LARGE = JSON.stringify({ ...call, others: 'x'.repeat(1_000_000) });
const DEEP = `{"targets":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
/** Filters of the greatest length, and of the form that took longest to parse. */
const COSTLY = `(${' ('.repeat(400)}state eq 'established'`;
const LONG = Array.from({ length: 30 }, (_, index) => `state eq 'state${String(index)}'`).join(' or ');

const list = (filter: string): Promise<number> =>
  http.status(`${calls}?$top=200&$filter=${encodeURIComponent(filter)}`, { headers: { authorization } });

const streams: AbortController[] = [];
/** More than one caller may read at once; the rogue drops its oldest stream for each further one. */
const MOST_STREAMS = 40;

/** Opens a live history and reads only its first bytes. */
async function openStream(): Promise<number> {
  const controller = new AbortController();
  const headers = { authorization, accept: 'text/event-stream' };
  // A stream occupies its connection, so each has its own client.
  const response = await new HttpClient(ca).fetch(`${calls}/${liveCallId}/events`, { headers, signal: controller.signal });
  if (response.status === 200) streams.push(controller);
  else await response.arrayBuffer();
  if (streams.length > MOST_STREAMS) streams.shift()?.abort();
  return response.status;
}

const ATTACKS: readonly Attack[] = [
  { name: 'costly filters', perSecond: 2.5, comesTo: [400, 429], attempt: () => list(COSTLY) },
  { name: 'long filters', perSecond: 2.5, comesTo: [200, 429], attempt: () => list(LONG) },
  { name: 'streams', perSecond: 0.5, comesTo: [200, 429, 503], attempt: openStream },
  { name: 'largest calls', perSecond: 0.25, comesTo: [202, 429], attempt: () => create(LARGEST) },
  { name: 'bodies too large', perSecond: 0.5, comesTo: [413, 429, BROKEN], attempt: () => create(TOO_LARGE) },
  { name: 'deep bodies', perSecond: 0.5, comesTo: [400, 429], attempt: () => create(DEEP) },
  { name: 'bodies that are not JSON', perSecond: 1, comesTo: [400, 429], attempt: () => create('{"targets": [') },
  {
    name: 'ends of unknown calls',
    perSecond: 2.5,
    comesTo: [202, 404, 429],
    attempt: () => http.status(`${calls}/${randomUUID()}`, { method: 'DELETE', headers: { authorization } }),
  },
  { name: 'no token', perSecond: 12.5, comesTo: [401, 429], attempt: () => http.status(calls) },
  {
    name: 'forged tokens',
    perSecond: 2.5,
    comesTo: [401, 429, 503],
    attempt: async () => http.status(calls, { headers: { authorization: `Bearer ${await forgedToken(claims)}` } }),
  },
  {
    name: 'unsigned tokens',
    perSecond: 2.5,
    comesTo: [401, 429],
    attempt: () => http.status(calls, { headers: { authorization: `Bearer ${unsignedToken(claims)}` } }),
  },
];

obeyParent(ATTACKS);
