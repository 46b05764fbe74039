/** A body that Graph may send of a call, however odd: no receiver may lose it. */
export interface CallbackBody {
  readonly name: string;
  readonly contentType?: string;
  /** @param graphCallId Graph's id of the call that it is about */
  readonly bytes: (graphCallId: string) => Buffer;
  /**
   * The expected result: the state, and the subject if the body has one; or a dead letter for an unreadable body; or a look-up at
   * Graph for an empty one.
   */
  readonly tells: { readonly state: 'established'; readonly subject?: string } | 'dead letter' | 'nothing';
}

const json = (graphCallId: string, more = ''): string =>
  `{"value": [{"changeType": "updated", "resourceUrl": "/communications/calls/${graphCallId}", "resourceData": {"@odata.type": "#microsoft.graph.call", "state": "established"${more}}}]}`;
const text =
  (more = '', around: (json: string) => string = (body) => body) =>
  (graphCallId: string): Buffer =>
    Buffer.from(around(json(graphCallId, more)));
const utf16 =
  (isBigEndian: boolean, mark = '', more = ', "subject": "Café 😀"') =>
  (graphCallId: string): Buffer => {
    const bytes = Buffer.from(mark + json(graphCallId, more), 'utf16le');
    return isBigEndian ? bytes.swap16() : bytes;
  };
const BOM = '\ufeff';
const ESTABLISHED = { state: 'established' } as const;
const CAFE = { state: 'established', subject: 'Café 😀' } as const;
const levels = (count: number): string => `, "odd": ${'['.repeat(count)}${']'.repeat(count)}`;

export const CALLBACK_BODIES: readonly CallbackBody[] = [
  { name: 'as Graph sends it', bytes: text(), tells: ESTABLISHED },
  {
    name: 'windows-1252 that is named',
    contentType: 'application/json; charset=Windows-1252',
    bytes: (id) => Buffer.from(json(id, ', "subject": "Caf\xe9 \x80"'), 'latin1'),
    tells: { state: 'established', subject: 'Café €' },
  },
  {
    name: 'windows-1252 that is not named',
    bytes: (id) => Buffer.from(json(id, ', "subject": "Caf\xe9"'), 'latin1'),
    tells: 'dead letter',
  },
  {
    name: 'ISO-8859-1, in quotes',
    contentType: 'application/json;charset="iso-8859-1"',
    bytes: (id) => Buffer.from(json(id, ', "subject": "Caf\xe9"'), 'latin1'),
    tells: { state: 'established', subject: 'Café' },
  },
  {
    name: 'a charset that is none',
    contentType: 'application/json; charset=utf-99',
    bytes: text(),
    tells: 'dead letter',
  },
  {
    name: 'another charset than it names',
    contentType: 'application/json; charset=utf-8',
    bytes: (id) => Buffer.from(json(id, ', "subject": "Caf\xe9"'), 'latin1'),
    tells: 'dead letter',
  },
  { name: 'UTF-8 with a byte order mark', bytes: text('', (body) => BOM + body), tells: ESTABLISHED },
  { name: 'UTF-16LE with a byte order mark', bytes: utf16(false, BOM), tells: CAFE },
  { name: 'UTF-16BE with a byte order mark', bytes: utf16(true, BOM), tells: CAFE },
  { name: 'UTF-16LE without a mark', bytes: utf16(false), tells: CAFE },
  { name: 'UTF-16BE that is named', contentType: 'application/json; charset=utf-16be', bytes: utf16(true), tells: CAFE },
  {
    name: 'UTF-16LE of ASCII only, whose bytes are UTF-8 too',
    bytes: utf16(false, '', ''),
    tells: ESTABLISHED,
  },
  {
    name: 'half a surrogate pair in UTF-16',
    bytes: utf16(false, BOM, ', "subject": "a\ud83d"'),
    tells: { state: 'established', subject: 'a\ufffd' },
  },
  {
    name: 'half a surrogate pair as an escape',
    bytes: text(', "subject": "\\ud83d"'),
    tells: { state: 'established', subject: '\ufffd' },
  },
  {
    name: 'a whole pair and a half one, as escapes, and what only looks like one',
    bytes: text(', "subject": "\\ud83d\\uDE00 \\uDE00 \\\\ud83d"'),
    tells: { state: 'established', subject: '😀 \ufffd \\ud83d' },
  },
  { name: 'half a surrogate pair as a name', bytes: text(', "\\ude00": 1'), tells: ESTABLISHED },
  {
    name: 'half a surrogate pair as bytes',
    bytes: (id) => Buffer.from(json(id, ', "subject": "\xed\xa0\x80"'), 'latin1'),
    tells: 'dead letter',
  },
  { name: 'a __proto__ member', bytes: text(', "__proto__": "X"'), tells: ESTABLISHED },
  { name: 'a __proto__ object', bytes: text(', "__proto__": {"admin": true}'), tells: ESTABLISHED },
  { name: '__proto__ in escapes', bytes: text(', "\\u005f_proto__": {"admin": true}'), tells: ESTABLISHED },
  { name: 'constructor.prototype', bytes: text(', "constructor": {"prototype": {"admin": true}}'), tells: ESTABLISHED },
  { name: 'duplicate keys', bytes: text(', "state": "hold", "state": "established"'), tells: ESTABLISHED },
  { name: 'a NUL behind it', bytes: text('', (body) => `${body}\0`), tells: 'dead letter' },
  { name: 'a NUL in a string', bytes: text(', "subject": "\0"'), tells: 'dead letter' },
  { name: 'trailing bytes', bytes: text('', (body) => `${body}}`), tells: 'dead letter' },
  { name: 'trailing white space', bytes: text('', (body) => `${body}\r\n`), tells: ESTABLISHED },
  { name: '100 levels', bytes: text(levels(96)), tells: ESTABLISHED },
  { name: '101 levels', bytes: text(levels(97)), tells: 'dead letter' },
  { name: '3,000 levels', bytes: text(levels(3_000)), tells: 'dead letter' },
  { name: '10,000 levels', bytes: text(levels(10_000)), tells: 'dead letter' },
  { name: '10,000 levels that do not close', bytes: () => Buffer.from('[{"a":'.repeat(10_000)), tells: 'dead letter' },
  { name: 'half of it', bytes: (id) => text()(id).subarray(0, 60), tells: 'dead letter' },
  { name: 'no JSON', bytes: () => Buffer.from('the call was established'), tells: 'dead letter' },
  { name: 'gibberish', bytes: () => Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), tells: 'dead letter' },
  { name: 'nothing', bytes: () => Buffer.alloc(0), tells: 'nothing' },
];
