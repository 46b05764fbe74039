import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { until } from '../support/stack-for-tests.js';
import { RECEIVER, RECEIVER_LIMITS, type FaultStack } from './fault-stack.js';
import type { FaultRow } from './row.js';
import type { CallbackTarget } from './witness.js';

const COOLDOWN_MS = Number(RECEIVER_LIMITS.CALLBACK_KEYS_COOLDOWN_MS);
/** Beyond the cooldown, for the callback that makes the receiver look, and a busy machine; without it the keys are fetched every five minutes. */
const LATE_MS = 10_000;
const FORGERIES = 200;
/** Under way at once: more than twice what the receiver takes. */
const FLOOD_WIDTH = 250;
const FLOOD = 1_500;
const SLOW_KAFKA_MS = 300;
const MOST_GROWTH_BYTES = 150 * 1024 * 1024;
const SLOW_CLIENTS = 40;
/** Callbacks sent before any hostile client is there, to see how long this machine takes. */
const QUIET_TONES = 5;
const TOO_LARGE_BYTES = 10 * 1024 * 1024;
/** Half of what they would wait who had to wait until a hostile client is turned away. */
const LONG_ANSWER_MS = Number(RECEIVER_LIMITS.HTTP_HEADERS_TIMEOUT_MS) / 2;

export async function liveCall(system: FaultStack): Promise<{ callId: string; target: CallbackTarget }> {
  const [callId = ''] = await system.placeLive(1);
  return { callId, target: await system.callbackTarget(callId) };
}

/** Tones of one call, each another one. */
function tonesTo(system: FaultStack, target: CallbackTarget) {
  let sequenceId = 0;
  return (more: Readonly<Record<string, unknown>> = {}): ReturnType<FaultStack['callBack']> =>
    system.callBack(target, { toneInfo: { sequenceId: (sequenceId += 1), tone: 'tone1' } }, more);
}

/** A client that opens a connection, writes something, and waits. */
class HostileClient {
  isClosed = false;
  answer = '';

  constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.answer += text));
    // A reset is one way to be turned away.
    socket.on('error', () => undefined).on('close', () => (this.isClosed = true));
  }

  write(text: string): void {
    this.socket.write(text);
  }

  end(): void {
    this.socket.destroy();
  }
}

/** The receiver, its keys and its clients. */
export const RECEIVER_ROWS: readonly FaultRow[] = [
  {
    id: 'F32',
    fault: 'Graph’s keys cannot be had, then they change, and a flood of tokens names keys that there are not',
    run: async ({ system, injected, healed }) => {
      const { callId, target } = await liveCall(system);
      const tone = tonesTo(system, target);
      expect((await tone()).status).toBe(202);
      await system.fault({ on: 'jwks', action: 'status', status: 503, times: null, match: { direction: 'callback' } });
      injected();
      expect((await tone()).status).toBe(202);

      const begunAt = performance.now();
      const forged = await Promise.all(Array.from({ length: FORGERIES }, () => tone({ sign: 'unknown-kid' })));
      const cooldowns = Math.ceil((performance.now() - begunAt) / COOLDOWN_MS);
      injected(FORGERIES);
      // Nobody can tell whose they are while the keys cannot be had.
      expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([503]));
      expect(await system.struck()).toBeLessThanOrEqual(cooldowns + 1);
      expect((await tone()).status).toBe(202);

      await system.rotateCallbackKey();
      injected();
      expect((await tone()).status).toBe(503);
      await system.clearFaults();
      const healedAt = performance.now();
      healed();
      await until('the new key is taken', async () => (await tone()).status === 202);
      expect(performance.now() - healedAt).toBeLessThan(COOLDOWN_MS + LATE_MS);
      expect((await tone({ sign: 'unknown-kid' })).status).toBe(401);
      await system.endAll([callId]);
      return [callId];
    },
  },
  {
    id: 'F33',
    fault: 'a flood of callbacks, several times what a slow Kafka can take',
    run: async ({ system, injected, healed }) => {
      const { callId, target } = await liveCall(system);
      const tone = tonesTo(system, target);
      const before = residentBytes(system.pid(RECEIVER));
      let most = before;
      system.receiverKafka.delayAnswers(SLOW_KAFKA_MS);
      injected();
      const answers: Awaited<ReturnType<typeof tone>>[] = [];
      const client = async (): Promise<void> => {
        while (answers.length < FLOOD) {
          answers.push(await tone());
          most = Math.max(most, residentBytes(system.pid(RECEIVER)));
        }
      };
      await Promise.all(Array.from({ length: FLOOD_WIDTH }, client));
      // A sender to which a connection was closed sees no status (502 here), and Graph sends again as after a 503.
      const statuses = new Set(answers.map(({ status }) => status).filter((status) => status !== 502));
      expect(statuses).toEqual(new Set([202, 503]));
      const refused = answers.filter(({ status }) => status === 503);
      expect(refused.every(({ headers }) => /^\d+$/.test(String(headers['retry-after'])))).toBe(true);
      expect(most - before).toBeLessThan(MOST_GROWTH_BYTES);
      system.receiverKafka.heal();
      healed();
      await until('there is room again', async () => (await tone()).status === 202);
      await system.endAll([callId]);
      return [callId];
    },
  },
  {
    id: 'F34',
    fault: 'clients that are slow, silent, too large or compressed',
    run: async ({ system, injected, healed }) => {
      const { callId, target } = await liveCall(system);
      const tone = tonesTo(system, target);
      const large = { raw: JSON.stringify('x'.repeat(TOO_LARGE_BYTES)) };
      // Whoever is refused while it sends may see no more than that the connection has ended.
      expect([413, 502]).toContain((await tone(large)).status);
      const bomb = { rawBase64: gzipSync(' '.repeat(100_000_000)).toString('base64'), headers: { 'content-encoding': 'gzip' } };
      expect((await tone(bomb)).status).toBe(415);
      const timedTone = async (): Promise<{ status: number; ms: number }> => {
        const sentAt = performance.now();
        const { status, headers } = await tone();
        // Kafka may be late on a busy machine; then the receiver says so (G10).
        if (status === 503) expect(headers['retry-after']).toMatch(/^\d+$/);
        else expect(status).toBe(202);
        return { status, ms: performance.now() - sentAt };
      };
      const quiet = await Promise.all(Array.from({ length: QUIET_TONES }, timedTone));
      const { pathname, port } = new URL(target.callbackUri);
      const to = { host: 'localhost', port: Number(port) };
      const ca = readFileSync(system.stack.file.ca);
      const head = `POST ${pathname} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
      const begun = ['', '', 'POST ', head, `${head}Content-Length: ${TOO_LARGE_BYTES}\r\n\r\n${' '.repeat(100_000)}`];
      const clients = Array.from({ length: SLOW_CLIENTS }, (_, index) => {
        // Every fifth has not even shaken hands.
        const client = new HostileClient(index % 5 === 0 ? connectTcp(to) : connectTls({ ...to, ca }));
        client.write(begun[index % begun.length] ?? '');
        return client;
      });
      injected(clients.length + 2);
      /** For callbacks that were sent while hostile clients were there. */
      const answers: { status: number; ms: number }[] = [];
      await until('all are turned away', async () => {
        if (clients.every(({ isClosed }) => isClosed)) return true;
        answers.push(await timedTone());
        return false;
      });
      healed();
      for (const client of clients) client.end();
      expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThan(0);
      // Not each of them: a busy machine may take its time over one.
      const longMs = Math.max(LONG_ANSWER_MS, 3 * Math.max(...quiet.map(({ ms }) => ms)));
      expect(answers.filter(({ ms }) => ms > longMs).length).toBeLessThan(answers.length / 2);
      expect(clients.filter(({ answer }) => / 2\d\d /.test(answer.slice(0, 20)))).toEqual([]);
      await system.endAll([callId]);
      return [callId];
    },
  },
];

function residentBytes(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
