import { randomUUID } from 'node:crypto';
import {
  ContractError,
  createCallCommand,
  DATE_TIME_RULE,
  dateTimeMs,
  decodeCommand,
  encodeCloudEvent,
  readJoinUrl,
  type CreateCallData,
  type IfUnknown,
} from '@callbus/contracts';
import { validateCall, type CallFault } from '@callbus/graph';
import { COMMAND_SOURCE } from '../installation/installation.js';

/** What a call is made of: the resource as Graph documents it, or the link of a meeting to join. */
export type CallToPlace = { readonly resource: Record<string, unknown> } | { readonly joinUrl: string };

export interface PlacingOptions {
  readonly callId?: string;
  readonly tenantId?: string;
  readonly notAfter?: string;
  readonly ifUnknown?: IfUnknown;
}

export interface PlacedCall {
  readonly data: CreateCallData;
  /** Everything that would keep Graph, or callbus, from taking it. */
  readonly faults: readonly CallFault[];
}

/**
 * The command that places the call. Its tenant is the one that is named, else the resource's, else the meeting's.
 * @throws JoinUrlError
 */
export function callToPlace(what: CallToPlace, options: PlacingOptions): PlacedCall {
  const { callId = randomUUID(), notAfter, ifUnknown } = options;
  const meeting = 'joinUrl' in what ? readJoinUrl(what.joinUrl) : null;
  const given = 'resource' in what ? what.resource : {};
  const inCall = typeof given['tenantId'] === 'string' ? given['tenantId'] : undefined;
  const tenantId = options.tenantId ?? inCall ?? meeting?.tenantId ?? '';
  const call = meeting === null ? given : { ...JOINED, chatInfo: meeting.chatInfo, meetingInfo: meeting.meetingInfo, tenantId };
  const data = {
    callId,
    tenantId,
    ...(notAfter !== undefined && { notAfter }),
    ...(ifUnknown !== undefined && { ifUnknown }),
    call,
  };
  const faultsOfCall = validateCall(call).map(({ path, message }) => ({ path: path === '$' ? 'call' : `call.${path}`, message }));
  return { data, faults: [...faultsOfCommand(data), ...faultsOfCall] };
}

/** Faults for which the dispatcher would put the command aside, or fail the call at once. */
function faultsOfCommand(data: CreateCallData): CallFault[] {
  if (data.tenantId === '') return [{ path: 'tenantId', message: 'is named neither by the call nor by --tenant' }];
  if (data.notAfter !== undefined && dateTimeMs(data.notAfter) === null) return [{ path: 'notAfter', message: DATE_TIME_RULE }];
  try {
    const { value, headers } = encodeCloudEvent(createCallCommand(COMMAND_SOURCE, data));
    decodeCommand(Buffer.from(data.callId), value, headers);
    return [];
  } catch (error) {
    if (error instanceof ContractError) return [{ path: 'command', message: error.detail }];
    throw error;
  }
}

/** How a meeting is joined when only its link is given. */
const JOINED = {
  '@odata.type': '#microsoft.graph.call',
  requestedModalities: ['audio'],
  mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
};
