import { readFileSync } from 'node:fs';
import { Agent, fetch, type RequestInit } from 'undici';
import type { Targets } from './rogue.ts';

/** Few enough that each connection is reused: a handshake would cost the services and the machine more than the attack. */
const CONNECTIONS = 20;

/** Sends requests and reads no more of an answer than its status. */
export class HttpClient {
  private readonly agent: Agent;

  constructor(ca: string) {
    this.agent = new Agent({ connect: { ca: readFileSync(ca, 'utf8') }, connections: CONNECTIONS });
  }

  async status(url: string, init: RequestInit = {}): Promise<number> {
    const response = await this.fetch(url, init);
    await response.arrayBuffer();
    return response.status;
  }

  /** A genuine token of the rogue's app. */
  async token({ tokenUrl, clientId, clientSecret, scope }: Targets['caller']): Promise<string> {
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
    const response = await this.fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  async fetch(url: string, init: RequestInit = {}): ReturnType<typeof fetch> {
    return await fetch(url, { ...init, dispatcher: this.agent });
  }
}
