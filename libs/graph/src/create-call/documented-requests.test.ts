import { isObject, type JsonObject } from '../json-value.js';
import { documentedRequests } from '../testing/fixtures.js';
import { validateCall } from './validate-call.js';

/**
 * What Graph's metadata and pages require of each type, by its name; of those that the examples leave untyped by the member
 * that holds them. `callbackUri` is not among it: ours takes the place of any.
 */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  call: ['mediaConfig'],
  serviceHostedMediaConfig: ['@odata.type'],
  appHostedMediaConfig: ['@odata.type'],
  outgoingCallOptions: ['@odata.type'],
  organizerMeetingInfo: ['@odata.type', 'organizer'],
  joinMeetingIdMeetingInfo: ['@odata.type', 'joinMeetingId'],
  participantInfo: ['identity'],
  invitationParticipantInfo: ['identity'],
  identity: ['id'],
  preFetchMedia: ['uri'],
};
/** What an example needs since it has no more than that. */
const NEEDED_HERE: Readonly<Record<string, readonly string[]>> = {
  peer: ['targets', 'targets[0].identity.user'],
  group: ['targets', 'targets[0].identity.user', 'targets[1].identity.user'],
  organizer: ['chatInfo', 'chatInfo.threadId', 'meetingInfo.organizer.user'],
  pstn: ['targets', 'targets[0].identity.phone', 'source.identity.applicationInstance'],
};
/** Of another JSON type than any member that is required. */
const MISTYPED = [7, false, [[]]];

interface Member {
  readonly path: string;
  readonly typeName: string;
  readonly name: string;
}

function membersOf(value: unknown, path: string, typeName: string): Member[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => membersOf(one, `${path}[${index}]`, typeName));
  if (!isObject(value)) return [];
  const type = value['@odata.type'];
  const own = typeof type === 'string' ? type.replace('#microsoft.graph.', '') : typeName;
  return Object.entries(value).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [{ path: at, typeName: own, name }, ...membersOf(member, at, name)];
  });
}

/** A copy in which the member has another value, or is not there if that is undefined. */
function withMember(call: JsonObject, path: string, value: unknown): JsonObject {
  const copy = structuredClone(call) as Record<string, unknown>;
  const names = path.split(/\.(?!type)|\[|\]\.?/).filter((name) => name !== '');
  const last = names.pop() ?? '';
  const holder = names.reduce<Record<string, unknown>>((object, name) => object[name] as Record<string, unknown>, copy);
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
  return copy;
}

const pathsOf = (call: JsonObject): string[] => validateCall(call).map(({ path }) => path);

describe.each(documentedRequests())('the request $name', ({ call, sort }) => {
  const required = membersOf(call, '', 'call').filter(({ typeName, name }) => REQUIRED[typeName]?.includes(name));
  const paths = [...required.map(({ path }) => path), ...(NEEDED_HERE[sort] ?? [])];

  it('has nothing wrong with it', () => {
    expect(validateCall(call)).toEqual([]);
    expect(paths.length).toBeGreaterThan(1);
  });

  it.each(paths)('is refused without %s', (path) => {
    const found = pathsOf(withMember(call, path, undefined));
    // An identity set without the one that it named names nobody.
    const set = /^(.*)\.(user|phone)$/.exec(path)?.[1];
    expect(found).toContain(set ?? path);
    expect(found.filter((one) => !path.startsWith(one) && !one.startsWith(path))).toEqual([]);
  });

  it.each(paths)('is refused with another type for %s', (path) => {
    for (const value of MISTYPED) {
      const found = pathsOf(withMember(call, path, value));
      expect(found.filter((one) => one.startsWith(path))).not.toEqual([]);
    }
  });
});
