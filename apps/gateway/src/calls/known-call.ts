import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { FoldedCall, Snapshot } from '@callbus/contracts';

/** What readers are told of a call; the rest of a snapshot, most of its bytes, is the fold’s own. */
type Told = Pick<
  FoldedCall,
  | 'phase'
  | 'tenantId'
  | 'appId'
  | 'requestHash'
  | 'notAfter'
  | 'attempt'
  | 'graphCallId'
  | 'call'
  | 'state'
  | 'mediaState'
  | 'resultInfo'
  | 'terminationReason'
  | 'participants'
  | 'participantsTruncated'
  | 'failure'
  | 'isParked'
>;

/** A call as its readers know it. All calls are in memory, so it is kept small. */
export interface KnownCall {
  readonly callId: string;
  /** Of the last event. */
  readonly sequence: number;
  readonly call: Told;
}

type Bulk = Pick<Told, 'call' | 'participants'>;

/** What is smaller costs more to pack and unpack than it takes. */
const PACKED_FROM_CHARACTERS = 4_096;

export function knownCallOf({ callId, sequence, call }: Snapshot): KnownCall {
  const { phase, tenantId, appId, requestHash, notAfter, attempt, graphCallId, failure, isParked } = call;
  const { call: resource, state, mediaState, resultInfo, terminationReason, participants, participantsTruncated } = call;
  const graphs = { state, mediaState, resultInfo, terminationReason, participantsTruncated };
  const own = { phase, tenantId, appId, requestHash, notAfter, attempt, graphCallId, failure, isParked };
  const bulk = { call: resource, participants };
  // Onto the bulk, whose members may be getters: a copy of it would unpack it.
  return { callId, sequence, call: Object.assign(phase === 'ended' ? packed(bulk) : bulk, graphs, own) };
}

/** Of a call that is over: it is hardly ever asked for again, and may be a roster of megabytes. */
function packed(bulk: Bulk): Bulk {
  const text = JSON.stringify(bulk);
  if (text.length < PACKED_FROM_CHARACTERS) return bulk;
  // A copy of its own memory: zlib’s buffer would keep a whole chunk.
  const bytes = new Uint8Array(deflateRawSync(text));
  const unpacked = (): Bulk => JSON.parse(inflateRawSync(bytes).toString()) as Bulk;
  return {
    get call() {
      return unpacked().call;
    },
    get participants() {
      return unpacked().participants;
    },
  };
}
