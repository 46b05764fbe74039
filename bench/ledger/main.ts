import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { decodeSnapshot, encodeSnapshot } from '@callbus/contracts';
import { createProgress, PROJECT_ROOT, startKafkaForTests, type Progress } from '@callbus/local-stack';
import { Installation } from '../history/installation.js';
import { readCounts } from '../option-counts.js';
import { ledgerOfWeeks, type LedgerMessage } from './ledger-of-weeks.js';
import { podMemory } from './pod-memory.js';

const USAGE = `npm run bench:ledger [-- options]    a dispatcher that starts on a ledger of weeks, at its memory limit

  --records N     records of the ledger, of calls that are over (default 1000000)
  --help          this
`;
const READY_WITHIN_MS = 300_000;
/** Nobody listens there: calls that are over need neither Graph nor a token. */
const NOWHERE = 'https://127.0.0.1:9';

/** Exit codes: 0 when the dispatcher became ready and stayed under its limit; 1 when not, or when it could not be measured. */
async function main(commandLine: readonly string[]): Promise<boolean> {
  const counts = readCounts(commandLine, { records: 1_000_000 });
  if (counts === null) {
    process.stdout.write(USAGE);
    return true;
  }
  const { records } = counts;
  const progress = createProgress();
  const kafka = await startKafkaForTests();
  try {
    const installation = await Installation.create(kafka, 'ledger');
    const calls = await fill(installation, records, progress);
    const figures = await measure(installation, progress);
    await installation.close();
    const { limitMib } = await podMemory();
    process.stdout.write(`\n${JSON.stringify({ bench: 'ledger', records, calls, ...figures, limitMib })}\n`);
    return figures.peakMib < limitMib;
  } finally {
    await progress.step('ending Kafka', () => kafka.stop());
  }
}

/** @returns of how many calls */
async function fill(installation: Installation, records: number, progress: Progress): Promise<number> {
  const callIds: string[] = [];
  await progress.step(`writing ${records} records of the ledger`, () =>
    installation.fill(
      'dispatchLedger',
      ledgerOfWeeks(records, (callId) => callIds.push(callId)),
    ),
  );
  const template = await readFile(join(PROJECT_ROOT, 'libs', 'contracts', 'fixtures', 'snapshots', 'snapshot.json'));
  await progress.step(`writing the snapshots of ${callIds.length} calls`, () =>
    installation.fill('snapshots', snapshotsLike(template, callIds)),
  );
  await progress.step('having the ledger reported', () => installation.commitAll('call-dispatcher-relay', 'dispatchLedger'));
  return callIds.length;
}

function* snapshotsLike(template: Buffer, callIds: readonly string[]): Generator<LedgerMessage> {
  const snapshot = decodeSnapshot(template);
  for (const callId of callIds) {
    const attempts = [{ attempt: 1, graphCallId: randomUUID(), isProven: true }];
    yield { key: callId, value: encodeSnapshot({ ...snapshot, callId, call: { ...snapshot.call, phase: 'ended', attempts } }) };
  }
}

interface Figures {
  readonly heapMib: number;
  readonly readySeconds: number;
  /** Resident memory at most, until it was ready. */
  readonly peakMib: number;
  readonly residentMib: number;
}

function measure(installation: Installation, progress: Progress): Promise<Figures> {
  return progress.step('starting a dispatcher at its memory limit', async () => {
    const { heapMib } = await podMemory();
    const begunAtMs = performance.now();
    const settings = {
      GRAPH_BASE_URL: NOWHERE,
      GRAPH_AUTHORITY: NOWHERE,
      GRAPH_APP_ID: randomUUID(),
      GRAPH_CLIENT_SECRET: randomUUID(),
      CALLBACK_PUBLIC_URL: NOWHERE,
      CALLBACK_MAC_KEYS: Buffer.alloc(32, 1).toString('base64url'),
    };
    const dispatcher = await installation.start('call-dispatcher', settings, [`--max-old-space-size=${heapMib}`]);
    await dispatcher.untilReady(READY_WITHIN_MS);
    const readySeconds = Math.round((performance.now() - begunAtMs) / 100) / 10;
    const [peakMib, residentMib] = [await statusMib(dispatcher.pid, 'VmHWM'), await statusMib(dispatcher.pid, 'VmRSS')];
    await dispatcher.end();
    return { heapMib, readySeconds, peakMib, residentMib };
  });
}

/** Of Linux, which alone remembers the peak. */
async function statusMib(pid: number, name: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_024);
}

main(process.argv.slice(2)).then(
  (isBelow) => process.exit(isBelow ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
