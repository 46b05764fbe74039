import { readFile } from 'node:fs/promises';
import { Agent, fetch } from 'undici';
import type { Arrivals } from './figures.js';

interface Post {
  readonly callId: string | null;
  /** Milliseconds since 1970, with their fraction. */
  readonly timeMs: number;
  readonly answered: { readonly status: number } | null;
}

/** The control API of the graph-simulator. */
export class Simulator {
  private constructor(
    private readonly url: string,
    private readonly agent: Agent,
  ) {}

  /** @param caFile PEM of the authority that signed its certificate */
  static async at(url: string, caFile: string): Promise<Simulator> {
    return new Simulator(`${url}/simulator`, new Agent({ connect: { ca: await readFile(caFile, 'utf8') } }));
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  /**
   * The creates that are answered by now.
   * @param callId of one call only; else of all, with all that they hold: nothing to be asked for in the middle of a measurement
   */
  async arrivals(callId?: string): Promise<Arrivals> {
    const { posts } = await this.get<{ posts: Post[] }>(callId === undefined ? 'posts' : `posts?callId=${callId}`);
    const answered = posts.filter((post) => post.answered !== null);
    return new Map(answered.map((post) => [post.callId ?? '', post.timeMs]));
  }

  /** From now on every create is answered after so long. */
  async answerAfter(ms: number): Promise<void> {
    await this.request('POST', 'faults', { on: 'create', action: 'hold', ms, times: null });
  }

  async answerAtOnce(): Promise<void> {
    await this.request('DELETE', 'faults');
  }

  /** Creates that came since `answerAfter`. */
  async arrived(): Promise<number> {
    const { faults } = await this.get<{ faults: { struck: number }[] }>('faults');
    return faults[0]?.struck ?? 0;
  }

  private async get<T>(path: string): Promise<T> {
    return (await (await this.request('GET', path)).json()) as T;
  }

  private async request(method: string, path: string, body?: object) {
    const response = await fetch(`${this.url}/${path}`, {
      method,
      dispatcher: this.agent,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: the simulator answered ${response.status}`);
    return response;
  }
}
