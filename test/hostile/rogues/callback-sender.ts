// Somebody who knows the address of a call's callbacks, and is not Graph.
import { gzipSync } from 'node:zlib';
import { forgedToken, unsignedToken } from './forged-token.ts';
import { HttpClient } from './http.ts';
import { BROKEN, obeyParent, targets, type Attack } from './rogue.ts';

const { ca, callbackUri, callbackClaims: claims } = targets();
const http = new HttpClient(ca);
const END = JSON.stringify({ value: [{ changeType: 'deleted', resourceData: { state: 'terminated' } }] });
const LARGE = ' '.repeat(2_000_000);
const BOMB = gzipSync(Buffer.alloc(100_000_000));

async function send(body: string | Buffer, headers: Readonly<Record<string, string>> = {}, to = callbackUri): Promise<number> {
  return await http.status(to, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}
const forged = async (): Promise<Record<string, string>> => ({ authorization: `Bearer ${await forgedToken(claims)}` });

const ATTACKS: readonly Attack[] = [
  { name: 'unknown keys', perSecond: 5, comesTo: [401, 503], attempt: async () => send(END, await forged()) },
  {
    name: 'unsigned tokens',
    perSecond: 2.5,
    comesTo: [401],
    attempt: () => send(END, { authorization: `Bearer ${unsignedToken(claims)}` }),
  },
  { name: 'no token', perSecond: 5, comesTo: [401], attempt: () => send(END) },
  {
    name: 'wrong macs',
    perSecond: 5,
    comesTo: [404],
    attempt: async () => send(END, await forged(), `${callbackUri.slice(0, -4)}AAAA`),
  },
  { name: 'large bodies', perSecond: 0.5, comesTo: [401, 503, BROKEN], attempt: async () => send(LARGE, await forged()) },
  {
    name: 'compressed bodies',
    perSecond: 0.5,
    comesTo: [415, BROKEN],
    attempt: async () => send(BOMB, { ...(await forged()), 'content-encoding': 'gzip' }),
  },
  {
    name: 'large headers',
    perSecond: 1,
    comesTo: [431],
    attempt: () => send(END, { authorization: `Bearer ${'x'.repeat(30_000)}` }),
  },
];

obeyParent(ATTACKS);
