import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { printableLines } from '@callbus/chassis';
import { createCallCommand, encodeCloudEvent, placeOfKey, timelineRecord, topicName, TOPICS } from '@callbus/contracts';
import type { KafkaClient, RecordSender, TopicFollower } from '@callbus/kafka';
import type { ExampleNumber } from '../arguments.js';
import { demoRequest, demoSubject, exampleRequest } from './demo-request.js';
import { StackError } from '../errors.js';
import type { StackFile } from '../stack-file.js';
import { TimelineOrder } from './timeline-order.js';
import { Timeline, type CallEnd } from './timeline.js';

export interface DemoOptions {
  readonly example: ExampleNumber;
  /** From placing the call to its end. */
  readonly timeoutMs: number;
  /** Of all topics but the ledger. */
  readonly partitions: number;
  readonly output: { readonly isTTY?: boolean; write: (text: string) => unknown };
}

/** The topics whose records about the call are shown; the ledger is keyed by callId too. */
const SHOWN = [TOPICS.commands, TOPICS.dispatchLedger, TOPICS.observations, TOPICS.events];
const TICK_MS = 100;

/**
 * Places one call of Microsoft's examples and prints its timeline until its history ends.
 * @returns whether it ended well: it was established, and then it ended
 * @throws StackError DEMO_CALL when its history does not end in time, ARGUMENTS when a real tenant's users are not named
 */
export async function placeDemoCall(file: StackFile, client: KafkaClient, options: DemoOptions): Promise<boolean> {
  const call = demoRequest(await exampleRequest(options.example), demoSubject(file, options.example, process.env));
  const callId = randomUUID();
  const timeline = new Timeline(options.output.isTTY === true);
  const show = (text: string): void => void options.output.write(`${text}\n`);
  const order = new TimelineOrder();
  const { promise: lost, reject: lose } = Promise.withResolvers<never>();
  const followers: TopicFollower[] = [];
  let sender: RecordSender | undefined;
  try {
    for (const topic of SHOWN) {
      const follower = await client.follow({
        topic: topicName(file.topicPrefix, topic),
        onRecord: ({ key, value, timestampMs }) => {
          const record = key?.toString() === callId ? timelineRecord(topic.name, timestampMs, value) : undefined;
          if (record !== undefined) order.add(record, performance.now());
        },
        onFatal: lose,
      });
      followers.push(follower);
    }
    show(`\nPlacing example ${options.example} of Microsoft’s «Create call» as call ${callId}:\n\n${timeline.header()}`);
    sender = await client.sender();
    const command = encodeCloudEvent(createCallCommand('/local-stack', { callId, tenantId: file.caller.tenantId, call }));
    const place = placeOfKey(TOPICS.commands, callId, { topicPrefix: file.topicPrefix, partitions: options.partitions });
    await sender.send([{ ...place, ...command }]);
    const end = await Promise.race([lost, follow(order, timeline, show, options.timeoutMs)]);
    show(printableLines(`\nThe call ended ${end.isWell ? 'well' : 'badly'}: ${end.why}.`));
    return end.isWell;
  } finally {
    await sender?.close();
    await Promise.all(followers.map((follower) => follower.stop()));
  }
}

async function follow(
  order: TimelineOrder,
  timeline: Timeline,
  show: (text: string) => void,
  timeoutMs: number,
): Promise<CallEnd> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    await sleep(TICK_MS);
    const now = performance.now();
    for (const record of order.take(now)) {
      show(timeline.line(record));
      const end = timeline.endAfter(record);
      if (end === undefined) continue;
      for (const rest of order.take(now, true)) show(timeline.line(rest));
      return end;
    }
    if (now > deadline) {
      throw new StackError(
        'DEMO_CALL',
        `The demo call did not end within ${timeoutMs / 1000} s (CALLBUS_DEMO_TIMEOUT_MS). The logs of the services say more: .callbus/logs.`,
      );
    }
  }
}
