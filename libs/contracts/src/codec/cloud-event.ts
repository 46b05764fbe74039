import { ContractError } from '../errors.js';
import { parseRecord } from './json.js';

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
const MEDIA_TYPE = 'application/cloudevents';
const SCHEMA_BASE = 'urn:callbus:schema';
const OUR_SCHEMA = /^urn:callbus:schema\/\w+\/(\d+)$/;
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

/** The version at the end of one of our dataschemas; 1 if there is none, or if the schema is the producer's own. */
export function schemaVersion(dataschema: string | undefined): number {
  return Number(OUR_SCHEMA.exec(dataschema ?? '')?.[1] ?? 1);
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
 * @param parse reads the JSON of the value
 * @throws ContractError NO_VALUE, NOT_A_CLOUDEVENT, and what `parse` throws
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
 */
export function decodeCloudEvent(
  value: Buffer | null,
  headers: Readonly<Record<string, HeaderValue>>,
  parse: (value: Buffer) => unknown = (bytes) => parseRecord(bytes),
): CloudEvent {
  if (value === null) throw new ContractError('NO_VALUE', 'The record’s value is null.');
  const contentType = mediaTypeOf(text(headers['content-type']));
  if (OTHER_FORMAT.test(contentType)) {
    const shown = JSON.stringify(contentType.slice(0, SHOWN_TYPE_LENGTH));
    throw new ContractError('NOT_A_CLOUDEVENT', `The content-type ${shown} is not ${STRUCTURED_CONTENT_TYPE}.`);
  }
  const isBinary = text(headers['ce_specversion']) !== null && !contentType.startsWith(MEDIA_TYPE);
  if (!isBinary) return withDecodedData(checked(parse(value)), parse);
  const attributes = Object.fromEntries(ATTRIBUTES.map((name) => [name, text(headers[`ce_${name}`])]));
  return checked({ ...attributes, data: parse(value) });
}

/** CloudEvents in another format than JSON, and batches of them, which the Kafka binding does not have. */
const OTHER_FORMAT = /^application\/cloudevents(?:-batch|\+(?!json$))/;
const SHOWN_TYPE_LENGTH = 64;

/** The media type in lower case, without parameters: its case does not matter (RFC 9110, section 8.3.1). */
function mediaTypeOf(contentType: string | null): string {
  return (contentType ?? '').split(';', 1).join().trim().toLowerCase();
}

/** SDKs write data as `data_base64` when they do not know that it is JSON. */
function withDecodedData(event: CloudEvent & { readonly data_base64?: unknown }, parse: (value: Buffer) => unknown): CloudEvent {
  const { data_base64: encoded, ...plain } = event;
  return typeof encoded === 'string' && plain.data === undefined
    ? { ...plain, data: parse(Buffer.from(encoded, 'base64')) }
    : event;
}

function checked(envelope: unknown): CloudEvent {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    throw new ContractError('NOT_A_CLOUDEVENT', 'The envelope is not an object.');
  }
  const members = withoutNulls(envelope as Record<string, unknown>);
  if (members['specversion'] !== '1.0') throw new ContractError('NOT_A_CLOUDEVENT', 'specversion is not "1.0".');
  const missing = REQUIRED.filter((name) => typeof members[name] !== 'string' || members[name] === '');
  if (missing.length > 0) throw new ContractError('NOT_A_CLOUDEVENT', `${missing.join(', ')} must be text.`);
  const odd = ATTRIBUTES.filter((name) => members[name] !== undefined && typeof members[name] !== 'string');
  if (odd.length > 0) throw new ContractError('NOT_A_CLOUDEVENT', `${odd.join(', ')} must be text.`);
  return members as unknown as CloudEvent;
}

/**
 * A null member is an unset one.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function withoutNulls<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as T;
}

function text(header: HeaderValue): string | null {
  const one = Array.isArray(header) ? header[0] : header;
  return one === undefined || one === null ? null : one.toString();
}
