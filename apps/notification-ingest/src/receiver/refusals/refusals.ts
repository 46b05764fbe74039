import { HttpException } from '@nestjs/common';

/** Why a request is not answered with 202: the status that its sender gets, and what whoever reads the log is to know. */
export const REFUSALS = {
  MALFORMED_REQUEST: { status: 400, meaning: 'The request is not HTTP as it should be; nothing of Graph’s looks like that.' },
  UNAUTHORIZED: {
    status: 401,
    meaning: 'The token does not prove that Graph sent it. Check CALLBACK_ISSUERS and CALLBACK_OPENID_URL if all are refused.',
  },
  UNKNOWN_ADDRESS: {
    status: 404,
    meaning: 'No address that was given out. Check that dispatcher and receiver have a common key in CALLBACK_MAC_KEYS.',
  },
  WRONG_METHOD: { status: 405, meaning: 'A callback is a POST.' },
  SLOW_REQUEST: {
    status: 408,
    meaning: 'The request was not there in time: see HTTP_HEADERS_TIMEOUT_MS, HTTP_REQUEST_TIMEOUT_MS.',
  },
  LARGE_BODY: { status: 413, meaning: 'The body is larger than CALLBACK_MAX_BODY_BYTES, or than Kafka takes.' },
  WRONG_TYPE: { status: 415, meaning: 'The body is not application/json, or it has a content-encoding.' },
  LARGE_HEADERS: { status: 431, meaning: 'The headers are larger than HTTP_MAX_HEADER_BYTES.' },
  UNFORESEEN: { status: 500, meaning: 'A failure that nobody foresaw; the cause is with it.' },
  KEYS_UNAVAILABLE: {
    status: 503,
    meaning:
      'No known key proves the token, and no fetch of keys succeeded within CALLBACK_KEYS_WAIT_MS. Check the route to CALLBACK_OPENID_URL.',
  },
  OVERLOADED: {
    status: 503,
    meaning: 'More is under way than CALLBACK_MAX_IN_FLIGHT, …_BYTES or …_EVENT_LOOP_DELAY_MS allow. Add receivers.',
  },
  NOT_STORED: { status: 503, meaning: 'Kafka did not take the callback in time; it may be stored all the same.' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>;

export type RefusalCode = keyof typeof REFUSALS;

/** Ends a request. What the code means and why stays here; the sender gets the status. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${why}`, options);
    this.name = new.target.name;
  }

  get status(): number {
    return REFUSALS[this.code].status;
  }
}

/** The refusal that an error amounts to; Fastify's own, for what is no request, carry a status. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = error instanceof HttpException ? error.getStatus() : 500;
  return new Refusal(status < 500 ? 'MALFORMED_REQUEST' : 'UNFORESEEN', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
