import { CALL_ID, TENANT_ID } from '../testing/call-records.js';
import { callToPlace } from './call-to-place.js';

const resource = {
  '@odata.type': '#microsoft.graph.call',
  targets: [{ identity: { user: { id: '112f7296-5fa4-42ca-bae8-6a692b15d4b8' } } }],
  mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
  tenantId: TENANT_ID,
};
const OTHER_TENANT = '86dc81db-c112-4228-9222-63f3ebaa1edb';
const context = encodeURIComponent(JSON.stringify({ Tid: OTHER_TENANT, Oid: CALL_ID }));
const joinUrl = `https://teams.microsoft.com/l/meetup-join/19%3ameeting_Win6%40thread.v2/0?context=${context}`;

it('takes the resource as it is, and its tenant', () => {
  expect(callToPlace({ resource }, { callId: CALL_ID })).toEqual({
    data: { callId: CALL_ID, tenantId: TENANT_ID, call: resource },
    faults: [],
  });
});

it('makes up an id where none is given', () => {
  const [one, other] = [callToPlace({ resource }, {}), callToPlace({ resource }, {})];
  expect(one.data.callId).not.toBe(other.data.callId);
});

it('takes over what is wished', () => {
  const options = { tenantId: OTHER_TENANT, notAfter: '2026-01-01T00:00:00Z', ifUnknown: 'redial' as const };
  expect(callToPlace({ resource }, options).data).toMatchObject(options);
});

it('joins the meeting of a link, in the meeting’s tenant', () => {
  const { data, faults } = callToPlace({ joinUrl }, {});
  expect(faults).toEqual([]);
  expect(data.tenantId).toBe(OTHER_TENANT);
  expect(data.call).toMatchObject({
    tenantId: OTHER_TENANT,
    chatInfo: { threadId: '19:meeting_Win6@thread.v2', messageId: '0' },
    meetingInfo: { organizer: { user: { id: CALL_ID, tenantId: OTHER_TENANT } } },
    mediaConfig: { '@odata.type': '#microsoft.graph.serviceHostedMediaConfig' },
  });
});

it.each([
  ['no tenant anywhere', { ...resource, tenantId: null }, {}, /^tenantId is named neither/],
  ['a tenant that is no GUID', resource, { tenantId: 'contoso' }, /^command .*tenantId/],
  ['a time that is none', resource, { notAfter: 'soon' }, /^notAfter must be a date-time/],
  ['a call that Graph would refuse', { ...resource, mediaConfig: null }, {}, /^call\.mediaConfig is required/],
])('finds fault with %s', (_what, call, options, fault) => {
  const { faults } = callToPlace({ resource: call }, options);
  expect(faults.map(({ path, message }) => `${path} ${message}`).join('; ')).toMatch(fault);
});
