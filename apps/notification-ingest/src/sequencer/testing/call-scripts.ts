import type { Observation } from '@callbus/contracts';
import fc from 'fast-check';
import {
  accepted,
  bodyOf,
  created,
  ended,
  failed,
  found,
  gone,
  graceOver,
  notification,
  unknownOutcome,
} from './observations.js';

const GRAPH_CALL_IDS = ['aaaaaaaa-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000'];

/** Graph’s id of the call that an attempt dials. */
export const attemptCallId = (attempt: number): string => GRAPH_CALL_IDS[attempt - 1] as string;

type Item = Readonly<Record<string, unknown>>;
const item = (attempt: number, resourceData: unknown, below = '', changeType = 'updated'): Item =>
  (bodyOf(attemptCallId(attempt), resourceData, { below, changeType }) as { value: [Item] }).value[0];

/** What Graph may say of a call that goes on. */
const anyNews = (attempt: number): fc.Arbitrary<Item> => {
  const participant = fc.record(
    {
      id: fc.constantFrom('p1', 'p2', 'p3'),
      isMuted: fc.boolean(),
      isInLobby: fc.boolean(),
      rosterSequenceNumber: fc.nat(9),
      removedState: fc.constant({ reason: 'Removed' }),
    },
    { requiredKeys: ['id', 'isMuted', 'isInLobby'] },
  );
  const participants = fc.array(participant, { maxLength: 3 });
  return fc.oneof(
    fc
      .record(
        {
          state: fc.constantFrom(
            'establishing',
            'Established',
            'hold',
            'transferring',
            'transferAccepted',
            'redirecting',
            'terminating',
          ),
          mediaState: fc.record({ audio: fc.constantFrom('active', 'inactive') }),
          resultInfo: fc.record({ code: fc.constantFrom(500, '500'), subCode: fc.constantFrom(7000, '7700') }),
          toneInfo: fc.record({ sequenceId: fc.nat(9), tone: fc.constantFrom('tone1', 'star') }),
          subject: fc.string(),
        },
        { requiredKeys: ['state'] },
      )
      .map((call) => item(attempt, call)),
    participants.map((list) => item(attempt, list, '/participants')),
    fc
      .record({ sequenceNumber: fc.nat(9), participants })
      .map((delta) => item(attempt, { '@odata.type': '#microsoft.graph.deltaParticipants', ...delta }, '/participants')),
    fc
      .record({ status: fc.constantFrom('running', 'Completed', 'failed'), clientContext: fc.string() })
      .map((operation) => item(attempt, operation, '/operations/0fe0623f')),
    fc.constantFrom('created', 'updated', 'deleted').map((type) => item(attempt, [{ id: 's' }], '/contentsharingsessions', type)),
  );
};

/** The callbacks of one attempt’s life, the last of which says that the call is gone. */
const anyLife = (attempt: number): fc.Arbitrary<Observation[]> =>
  fc.array(fc.array(anyNews(attempt), { minLength: 1, maxLength: 3 }), { maxLength: 6 }).map((bodies) => {
    const last = item(attempt, { state: 'terminated', resultInfo: { code: 200, subcode: 4521 } }, '', 'deleted');
    return [...bodies, [last]].map((value, index) => notification(`${String(attempt)}-${String(index)}`, { value }, attempt));
  });

/** What is observed of one call, in the order in which it happens. Every attempt that lives ends. */
export const anyScript: fc.Arbitrary<Observation[]> = fc
  .tuple(anyLife(1), anyLife(2), fc.constantFrom('answered', 'failed', 'proven', 'redialled', 'both', 'lost end', 'not ended'))
  .map(([first, second, way]) => {
    const one = attemptCallId(1);
    switch (way) {
      case 'failed':
        return [accepted(), failed()];
      case 'proven':
        return [accepted(), unknownOutcome(1), graceOver(1), ...first];
      case 'redialled':
        return [accepted(), unknownOutcome(1), graceOver(1), created(attemptCallId(2), 2), ...second];
      case 'both':
        return [
          accepted(),
          unknownOutcome(1),
          graceOver(1),
          created(attemptCallId(2), 2),
          ...second,
          ...first,
          ended(1, one, 'gone'),
        ];
      case 'lost end':
        return [accepted(), created(one), found(1, one, 'established'), ...first.slice(0, -1), gone(1, one)];
      case 'not ended':
        return [accepted({ isDeltaRosterEnabled: true }), created(one), ended(1, one, 'refused'), ...first];
      default:
        return [accepted(), created(one), ...first];
    }
  });

/** Written twice by the receiver, or sent twice by Graph. */
function repeatOf(observation: Observation, isSentTwice: boolean): Observation {
  return isSentTwice && observation.kind === 'notification' ? { ...observation, id: `again-${observation.id}` } : observation;
}

/** A script as Kafka may have it: repeated, swapped, late. */
export const anyLog: fc.Arbitrary<Observation[]> = anyScript.chain((script) =>
  fc.array(fc.tuple(fc.nat(script.length - 1), fc.boolean()), { maxLength: 12 }).chain((repeats) => {
    const all = [...script, ...repeats.map(([index, isSentTwice]) => repeatOf(script[index] as Observation, isSentTwice))];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  }),
);
