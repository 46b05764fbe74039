import { validateCall } from '@callbus/graph';
import { EXAMPLES } from '../arguments.js';
import { demoRequest, demoSubject, exampleRequest } from './demo-request.js';
import { DEVELOPMENT } from '../identities/development-identities.js';
import type { StackFile } from '../stack-file.js';

const file = { caller: { tenantId: DEVELOPMENT.tenantId }, simulator: { url: 'https://localhost:4443' } } as StackFile;
const realFile = { caller: { tenantId: DEVELOPMENT.tenantId } } as StackFile;
const subject = { tenantId: 'tenant', appId: 'app' };

describe('demoRequest', () => {
  it.each(EXAMPLES)('makes a valid call of example %i for the simulator', async (example) => {
    const request = demoRequest(await exampleRequest(example), demoSubject(file, example, {}));
    expect(validateCall({ ...request, callbackUri: 'https://localhost/x' })).toEqual([]);
    expect(request).toMatchObject({ tenantId: DEVELOPMENT.tenantId });
    expect(request).not.toHaveProperty('callbackUri');
    expect(JSON.stringify(request)).not.toContain('63f3esaa1edb');
  });

  it('puts one’s own app, users and tenant into a group call and keeps the names', async () => {
    const request = demoRequest(await exampleRequest(3), { ...subject, userIds: ['u-1', 'u-2'] });
    expect(request).toMatchObject({
      tenantId: 'tenant',
      source: { identity: { application: { id: 'app', displayName: 'TestBot' } } },
      targets: [
        { identity: { user: { id: 'u-1', displayName: 'user1' } } },
        { identity: { user: { id: 'u-2', displayName: 'user2' } } },
      ],
    });
  });

  it('puts one’s own meeting and organiser into a join', async () => {
    expect(demoRequest(await exampleRequest(5), { ...subject, threadId: '19:own', organizerId: 'o-1' })).toMatchObject({
      chatInfo: { threadId: '19:own', messageId: '0' },
      meetingInfo: { organizer: { user: { id: 'o-1', tenantId: 'tenant' } } },
    });
  });

  it('puts one’s own numbers into a telephone call', async () => {
    expect(
      demoRequest(await exampleRequest(7), { ...subject, applicationInstanceId: 'i-1', phoneNumber: '+4412' }),
    ).toMatchObject({
      source: { identity: { applicationInstance: { id: 'i-1' } } },
      targets: [{ identity: { phone: { id: '+4412' } } }],
    });
  });
});

describe('demoSubject', () => {
  it('names what is missing to call in a real tenant', () => {
    expect(() => demoSubject(realFile, 5, { GRAPH_APP_ID: 'app', DEMO_THREAD_ID: '19:x' })).toThrow(
      'set in .env: DEMO_ORGANIZER_ID',
    );
    expect(demoSubject(realFile, 1, { GRAPH_APP_ID: 'app', DEMO_USER_IDS: 'a,b' })).toEqual({
      tenantId: DEVELOPMENT.tenantId,
      appId: 'app',
      userIds: ['a', 'b'],
    });
  });
});
