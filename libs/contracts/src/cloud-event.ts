import { ContractError } from './errors.js';
import { parseRecord, type RecordLimits } from './json.js';

/** A CloudEvent 1.0 with JSON data, as this project writes and reads it. */
export interface CloudEvent<D = unknown> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly sequence?: string;
  readonly data: D;
}

/** A record without its place: what a producer gives and a consumer gets. */
export interface Message {
  readonly value: Buffer;
  readonly headers: Record<string, string>;
}

type HeaderValue = Buffer | string | null | (Buffer | string | null)[] | undefined;

export const STRUCTURED_CONTENT_TYPE = 'application/cloudevents+json';
const SCHEMA_BASE = 'urn:callbus:schema';
const REQUIRED = ['id', 'source', 'type'] as const;
const ATTRIBUTES = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'sequence',
] as const;

/** `urn:callbus:schema/CallStateChanged/1`; within a version only optional members are added. */
export function dataSchema(type: string, version: number): string {
  return `${SCHEMA_BASE}/${type}/${String(version)}`;
}

/** The version at the end of one of our dataschemas; 1 when there is none, since a producer may leave it out. */
export function schemaVersion(dataschema: string | undefined): number {
  if (dataschema === undefined) return 1;
  const match = /\/(\d+)$/.exec(dataschema);
  return match === null ? 1 : Number(match[1]);
}

/** Structured mode: the whole envelope is the value; its attributes are mirrored as `ce_*` headers. */
export function encodeCloudEvent(event: CloudEvent<object>): Message {
  const headers: Record<string, string> = { 'content-type': STRUCTURED_CONTENT_TYPE };
  for (const name of ATTRIBUTES) {
    const value = event[name];
    if (value !== undefined) headers[`ce_${name}`] = value;
  }
  return { value: Buffer.from(JSON.stringify(event)), headers };
}

/**
 * Reads a CloudEvent of either mode: structured by its content type or by its members, binary by its `ce_*` headers.
 * @throws ContractError NO_VALUE, TOO_LARGE, NOT_JSON, TOO_DEEP, NOT_A_CLOUDEVENT
 */
export function decodeCloudEvent(
  value: Buffer | null,
  headers: Readonly<Record<string, HeaderValue>>,
  limits: RecordLimits = {},
): CloudEvent {
  const isBinary =
    text(headers['ce_specversion']) !== null && !(text(headers['content-type']) ?? '').startsWith(STRUCTURED_CONTENT_TYPE);
  if (value === null) throw new ContractError('NO_VALUE', 'The record’s value is null.');
  const body = parseRecord(value, limits);
  if (!isBinary) return checked(body);
  const attributes = Object.fromEntries(
    ATTRIBUTES.flatMap((name) => {
      const header = text(headers[`ce_${name}`]);
      return header === null ? [] : [[name, header]];
    }),
  );
  return checked({ ...attributes, data: body });
}

function checked(envelope: unknown): CloudEvent {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    throw new ContractError('NOT_A_CLOUDEVENT', 'The envelope is not an object.');
  }
  const members = envelope as Record<string, unknown>;
  if (members['specversion'] !== '1.0') throw new ContractError('NOT_A_CLOUDEVENT', 'specversion is not "1.0".');
  const missing = REQUIRED.filter((name) => typeof members[name] !== 'string' || members[name] === '');
  if (missing.length > 0) throw new ContractError('NOT_A_CLOUDEVENT', `${missing.join(', ')} must be text.`);
  const odd = ATTRIBUTES.filter((name) => members[name] !== undefined && typeof members[name] !== 'string');
  if (odd.length > 0) throw new ContractError('NOT_A_CLOUDEVENT', `${odd.join(', ')} must be text.`);
  return envelope as CloudEvent;
}

function text(header: HeaderValue): string | null {
  const one = Array.isArray(header) ? header[0] : header;
  return one === undefined || one === null ? null : one.toString();
}
