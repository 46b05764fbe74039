import { readJoinUrl } from './join-url.js';

const TENANT = '86dc81db-c112-4228-9222-63f3ebaa1edb';
const ORGANIZER = '5810cede-f3cc-42eb-b2c1-e9bd5d53ec96';
const THREAD = '19:meeting_Win6Ydo4wsMijFjZS00ZGVjLTk5MGUtOTRjNWY2NmNkYTFm@thread.v2';
const context = (members: object = {}): string => encodeURIComponent(JSON.stringify({ Tid: TENANT, Oid: ORGANIZER, ...members }));
const link = (path = `${encodeURIComponent(THREAD)}/0`, query = `?context=${context()}`): string =>
  `https://teams.microsoft.com/l/meetup-join/${path}${query}`;

it('names the meeting’s chat, its organizer and their tenant', () => {
  expect(readJoinUrl(link())).toEqual({
    tenantId: TENANT,
    chatInfo: { '@odata.type': '#microsoft.graph.chatInfo', threadId: THREAD, messageId: '0' },
    meetingInfo: {
      '@odata.type': '#microsoft.graph.organizerMeetingInfo',
      organizer: {
        '@odata.type': '#microsoft.graph.identitySet',
        user: { '@odata.type': '#microsoft.graph.identity', id: ORGANIZER, tenantId: TENANT },
      },
    },
  });
});

it('takes the reply chain of a channel’s meeting', () => {
  const channel = link(
    '19%3acd9ce3da56624fe69c9d7cd026f9126d%40thread.skype/1509579179399',
    `?context=${context({ MessageId: '1536978844957' })}`,
  );
  expect(readJoinUrl(channel).chatInfo).toMatchObject({
    threadId: '19:cd9ce3da56624fe69c9d7cd026f9126d@thread.skype',
    messageId: '1509579179399',
    replyChainMessageId: '1536978844957',
  });
});

it.each([
  ['lower-case escapes', link('19%3ameeting_Win6%40thread.v2/0')],
  ['no escapes in the path', link('19:meeting_Win6@thread.v2/0')],
  ['escapes that were escaped again', link('19%253ameeting_Win6%2540thread.v2/0', `?context=${encodeURIComponent(context())}`)],
  ['a cloud of its own', link('19%3ameeting_Win6%40thread.v2/0').replace('teams.microsoft.com', 'gov.teams.microsoft.us')],
])('reads a link with %s', (_what, url) => {
  expect(readJoinUrl(url).chatInfo).toMatchObject({ threadId: '19:meeting_Win6@thread.v2', messageId: '0' });
});

it.each([
  ['no address', 'meeting 123 456', /no address/],
  ['another page', 'https://teams.microsoft.com/l/chat/0/0', /meetup-join/],
  ['a path that is no thread', link('hello/0'), /meetup-join/],
  ['a broken escape', link('19%3ameeting%E0%A4%A%40thread.v2/0'), /meetup-join/],
  ['a short link', 'https://teams.microsoft.com/meet/2251234567?p=AbC', /joinMeetingId 2251234567/],
  ['no context', link(undefined, ''), /Tid/],
  ['a context that is no JSON', link(undefined, '?context=%7b'), /Tid/],
  ['no organizer', link(undefined, `?context=${context({ Oid: 7 })}`), /Oid/],
])('says what is wrong with %s', (_what, url, why) => {
  expect(() => readJoinUrl(url)).toThrow(why);
});
