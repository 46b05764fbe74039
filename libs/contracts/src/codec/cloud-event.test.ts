import { CloudEvent as SdkEvent, Kafka, type CloudEvent as SdkCloudEvent, type KafkaMessage } from 'cloudevents';
import { decodeCloudEvent, encodeCloudEvent, type CloudEvent } from './cloud-event.js';

const EVENT: CloudEvent<{ text: string; list: number[] }> = {
  specversion: '1.0',
  id: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  source: '/calls/6f9619ff-8b86-4011-b42d-00c04fc964ff',
  type: 'CallStateChanged',
  subject: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  time: '2026-11-24T12:00:01.000Z',
  datacontenttype: 'application/json',
  dataschema: 'urn:callbus:schema/CallStateChanged/1',
  sequence: '0000000003',
  data: { text: 'Zürich ☎ \u0000 "quoted"', list: [1, 2.5, -0] },
};

const ofSdk = (message: KafkaMessage): CloudEvent => {
  const { value, headers } = message;
  const buffer = typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value));
  return decodeCloudEvent(buffer, headers);
};
const codeOf = (value: Buffer | string | null, headers: Record<string, string> = {}): unknown => {
  const buffer = typeof value === 'string' ? Buffer.from(value) : value;
  try {
    decodeCloudEvent(buffer, headers);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'was read';
};

describe('the CloudEvents codec', () => {
  it('writes what the cloudevents package reads', () => {
    const { value, headers } = encodeCloudEvent(EVENT);
    const read = Kafka.toEvent({
      value: value.toString('utf8'),
      headers,
      key: EVENT.subject,
    } as unknown as KafkaMessage) as SdkCloudEvent;
    expect(read.validate()).toBe(true);
    expect(JSON.parse(read.toString())).toEqual({ ...JSON.parse(JSON.stringify(EVENT)), partitionkey: EVENT.subject } as unknown);
  });

  it('mirrors every attribute as a header, and nothing else', () => {
    expect(encodeCloudEvent(EVENT).headers).toEqual({
      'content-type': 'application/cloudevents+json',
      ce_specversion: '1.0',
      ce_id: EVENT.id,
      ce_source: EVENT.source,
      ce_type: EVENT.type,
      ce_subject: EVENT.subject,
      ce_time: EVENT.time,
      ce_datacontenttype: EVENT.datacontenttype,
      ce_dataschema: EVENT.dataschema,
      ce_sequence: EVENT.sequence,
    });
  });

  it.each(['structured', 'binary'] as const)('reads what the cloudevents package writes in %s mode', (mode) => {
    const event = new SdkEvent({ ...EVENT });
    // In binary mode the content type of the data is the record's own.
    const expected = { ...EVENT, data: { ...EVENT.data, list: [1, 2.5, 0] } };
    expect({ ...ofSdk(Kafka[mode](event)), datacontenttype: EVENT.datacontenttype }).toEqual(expected);
  });

  it('takes a record without headers by its members', () => {
    expect(decodeCloudEvent(Buffer.from(JSON.stringify(EVENT)), {})).toEqual(JSON.parse(JSON.stringify(EVENT)));
  });

  it('reads headers as kafkajs gives them: buffers, lists of buffers, or nothing', () => {
    const headers = {
      ce_specversion: [Buffer.from('1.0')],
      ce_id: Buffer.from('a'),
      ce_source: '/s',
      ce_type: Buffer.from('T'),
      ce_subject: undefined,
      other: null,
    };
    expect(decodeCloudEvent(Buffer.from('{"a":1}'), headers)).toEqual({
      specversion: '1.0',
      id: 'a',
      source: '/s',
      type: 'T',
      data: { a: 1 },
    });
  });

  const binary = { ce_specversion: '1.0', ce_id: 'a', ce_source: '/s', ce_type: 'T' };
  it.each<[string, Buffer | string | null, Record<string, string>, string]>([
    ['null', null, {}, 'NO_VALUE'],
    ['null in binary mode', null, binary, 'NO_VALUE'],
    ['no text', '', {}, 'NOT_JSON'],
    ['half a document', '{"specversion":', {}, 'NOT_JSON'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 'NOT_JSON'],
    ['two byte order marks', Buffer.from('\ufeff\ufeff{}'), {}, 'NOT_JSON'],
    ['a number', '7', {}, 'NOT_A_CLOUDEVENT'],
    ['null as JSON', 'null', {}, 'NOT_A_CLOUDEVENT'],
    ['a list', '[]', {}, 'NOT_A_CLOUDEVENT'],
    ['another specversion', JSON.stringify({ ...EVENT, specversion: '0.3' }), {}, 'NOT_A_CLOUDEVENT'],
    ['no id', JSON.stringify({ ...EVENT, id: undefined }), {}, 'NOT_A_CLOUDEVENT'],
    ['an empty source', JSON.stringify({ ...EVENT, source: '' }), {}, 'NOT_A_CLOUDEVENT'],
    ['a subject that is a number', JSON.stringify({ ...EVENT, subject: 7 }), {}, 'NOT_A_CLOUDEVENT'],
    ['binary mode without a type', '{}', { ...binary, ce_type: '' }, 'NOT_A_CLOUDEVENT'],
  ])('refuses %s', (_what, value, headers, code) => {
    expect(codeOf(value, headers)).toBe(code);
  });
});
