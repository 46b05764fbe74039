import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { requestHash, type FoldedCall } from '@callbus/contracts';
import { KafkaError } from '@callbus/kafka';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import {
  CALL,
  CALLERS,
  eachTestHasGateway,
  errorOf,
  gateway,
  GRAPH_APP_ID,
  HASH,
  idOf,
  know,
  OTHER_TENANT_ID,
  start,
  TENANT_ID,
} from '../testing/known-callers.js';

eachTestHasGateway();

describe('a create', () => {
  it('is answered with our id, its address, and a warning when its callbackUri is not used', async () => {
    const answer = await gateway.ask('POST', '', { body: CALL });
    const callId = idOf(answer);
    expect(answer).toMatchObject({ status: 202, body: { id: callId, state: null } });
    expect(answer.headers.get('location')).toBe(`/v1.0/communications/calls/${callId}`);
    expect(answer.headers.get('warning')).toMatch(/^299 - ".*calls\.events"$/);
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(gateway.commands).toMatchObject([{ type: 'CreateCall', id: callId, data: { callId, tenantId: TENANT_ID } }]);
    const without = await gateway.ask('POST', '', { body: { ...CALL, callbackUri: undefined } });
    expect(without.headers.get('warning')).toBeNull();
  });

  it('is addressed as callers know the gateway', async () => {
    const behindProxy = await GatewayUnderTest.start(CALLERS, {
      publicUrl: 'https://calls.contoso.com/',
      graphAppId: GRAPH_APP_ID,
    });
    const answer = await behindProxy.ask('POST', '', { body: CALL, headers: { 'x-forwarded-host': 'evil.example' } });
    expect(answer.headers.get('location')).toBe(`https://calls.contoso.com/v1.0/communications/calls/${idOf(answer)}`);
    await behindProxy.stop();
  });

  it.each([{ host: 'evil.example' }, { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }])(
    'tells no address that its sender chose by %j, also behind a trusted proxy',
    async (headers) => {
      const behindProxy = await GatewayUnderTest.start(CALLERS, { graphAppId: GRAPH_APP_ID, trustedProxies: ['127.0.0.1'] });
      const url = new URL(behindProxy.url);
      const body = JSON.stringify(CALL);
      const told = { authorization: 'Bearer owner', 'content-type': 'application/json', ...headers };
      const sent = request(url, { method: 'POST', headers: told }).end(body);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.headers.location).toMatch(/^\/v1\.0\/communications\/calls\/[-0-9a-f]{36}$/);
      await behindProxy.stop();
    },
  );

  it.each([
    ['Idempotency-Key', { 'idempotency-key': 'a' }, { 'idempotency-key': 'a', 'client-request-id': 'x' }],
    ['client-request-id, as an SDK repeats it', { 'client-request-id': 'a' }, { 'client-request-id': 'a', 'retry-attempt': '1' }],
  ])('with the same %s is one call, with another a call of its own', async (_what, first, again) => {
    const ids = [];
    for (const headers of [first, again] as Record<string, string>[])
      ids.push(idOf(await gateway.ask('POST', '', { body: CALL, headers })));
    expect(ids[0]).toBe(ids[1]);
    const others = [
      await gateway.ask('POST', '', { body: CALL }),
      await gateway.ask('POST', '', { body: CALL, headers: { 'idempotency-key': 'b' } }),
      await gateway.ask('POST', '', { body: { ...CALL, tenantId: OTHER_TENANT_ID }, headers: first, token: 'other' }),
      await gateway.ask('POST', '', { body: CALL, headers: first, token: 'both' }),
    ];
    expect(new Set([...ids, ...others.map(idOf)]).size).toBe(5);
  });

  it('that is known is not sent again, and with another body it is refused', async () => {
    const headers = { 'idempotency-key': 'a' };
    const first = await gateway.ask('POST', '', { body: CALL, headers });
    know({ requestHash: HASH }, { callId: idOf(first) });
    const again = await gateway.ask('POST', '', { body: CALL, headers });
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect((await gateway.ask('POST', '', { body: { ...CALL, subject: 'other' }, headers })).status).toBe(409);
    expect(gateway.commands).toHaveLength(1);
  });

  it('that was accepted is not refused, also by a release that would refuse it today', async () => {
    const headers = { 'idempotency-key': 'a' };
    const callId = idOf(await gateway.ask('POST', '', { body: CALL, headers }));
    const body = { ...CALL, targets: [] };
    know({ requestHash: requestHash({ appId: GRAPH_APP_ID, tenantId: TENANT_ID, call: body }) }, { callId });
    expect((await gateway.ask('POST', '', { body, headers })).status).toBe(202);
    expect((await gateway.ask('POST', '', { body, headers: { 'idempotency-key': 'b' } })).status).toBe(400);
    expect(gateway.commands).toHaveLength(1);
  });

  it('says 503, when to come back, and where the call is if it was taken all the same, while Kafka confirms nothing', async () => {
    let callId = '';
    gateway.onCommand = ({ id }) => {
      callId = id;
      return Promise.reject(new KafkaError('QUEUE_FULL', 'The queue is full.'));
    };
    const answer = await gateway.ask('POST', '', { body: CALL });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(answer.headers.get('location')).toBe(`/v1.0/communications/calls/${callId}`);
    expect(errorOf(answer)['message']).toContain('Location');
  });
});

describe('a create that prefers to wait', () => {
  const headers = { prefer: 'wait=20', 'idempotency-key': 'a' };
  /** Creates a call of which, once its command is sent, these snapshots come. */
  async function createAndSee(...snapshots: Partial<FoldedCall>[]) {
    gateway.onCommand = ({ id }) => {
      setImmediate(() => {
        for (const changes of snapshots) know({ requestHash: HASH, ...changes }, { callId: id });
      });
      return Promise.resolve();
    };
    return gateway.ask('POST', '', { body: CALL, headers });
  }

  it('is answered with what Graph answered, also when a callback has proven the call before', async () => {
    await gateway.stop();
    await start({ waitForAnswerMs: 60_000 });
    const answer = { '@odata.context': 'https://graph/$metadata#app/calls/$entity', myParticipantId: 'p', state: 'establishing' };
    const created = { phase: 'created', state: 'establishing', graphCallId: 'g' } as const;
    gateway.onCommand = ({ id: callId }) => {
      setImmediate(() => {
        know({ requestHash: HASH, ...created, call: null }, { callId });
        gateway.onWait = () => know({ requestHash: HASH, ...created, call: answer }, { callId });
      });
      return Promise.resolve();
    };
    expect(await gateway.ask('POST', '', { body: CALL, headers })).toMatchObject({ status: 201, body: answer });
  });

  it('is answered with 201 and the call when Graph has made it', async () => {
    const answer = await createAndSee(
      { phase: 'accepted', state: null },
      { phase: 'created', state: 'establishing', graphCallId: 'g' },
    );
    expect(answer).toMatchObject({ status: 201, body: { state: 'establishing', graphCallId: 'g' } });
    expect(answer.headers.get('location')).toBe(`/v1.0/communications/calls/${idOf(answer)}`);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    const again = await gateway.ask('POST', '', { body: CALL, headers });
    expect([again.status, again.body]).toEqual([201, answer.body]);
    expect(gateway.commands).toHaveLength(1);
  });

  it('is answered with Graph’s error when Graph refused it', async () => {
    const error = { httpStatus: 403, code: '7505', message: 'Request authorization tenant mismatch.' };
    const answer = await createAndSee({ phase: 'failed', failure: { reason: 'rejected', error } });
    expect(answer.status).toBe(403);
    expect(errorOf(answer)).toMatchObject({ code: '7505', message: error.message });
  });

  it('is answered with 202 when time is up, whatever is known by then', async () => {
    for (const prefer of ['wait=0', 'wait=1']) {
      const answer = await gateway.ask('POST', '', { body: CALL, headers: { prefer } });
      expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, prefer]);
    }
    headers.prefer = 'wait=1';
    const unknown = await createAndSee({ phase: 'unknown', unknownAttempt: 1 });
    expect(unknown).toMatchObject({ status: 202, body: { state: null } });
  });

  it('waits no longer than the gateway lets anybody', async () => {
    const impatient = await GatewayUnderTest.start(CALLERS, { graphAppId: GRAPH_APP_ID, maxWaitSeconds: 1 });
    const answer = await impatient.ask('POST', '', { body: CALL, headers: { prefer: 'wait=3000' } });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, 'wait=1']);
    await impatient.stop();
  });

  it('is refused when another request turns out to have been first with its key', async () => {
    expect((await createAndSee({ phase: 'created', requestHash: `1:${'0'.repeat(64)}` })).status).toBe(409);
  });
});

describe('calls that wait for their dial', () => {
  const bytes = 2 * (JSON.stringify(CALL).length + 1_024);
  const create = (tenantId = TENANT_ID) => gateway.ask('POST', '', { token: 'both', body: { ...CALL, tenantId } });

  beforeEach(async () => {
    await gateway.stop();
    await start({ waitingMaxBytes: bytes });
  });

  it('are refused with 429 and Retry-After when their tenant has no room; other tenants go on', async () => {
    expect([(await create()).status, (await create()).status]).toEqual([202, 202]);
    const refused = await create();
    expect([refused.status, refused.headers.get('retry-after'), errorOf(refused)['code']]).toEqual([
      429,
      '10',
      'TooManyRequests',
    ]);
    expect(gateway.commands).toHaveLength(2);
    expect((await create(OTHER_TENANT_ID)).status).toBe(202);
  });

  it.each(['created', 'failed'] as const)('make room when they are %s', async (phase) => {
    const [first] = [idOf(await create()), await create()];
    const failure = phase === 'failed' ? { reason: 'expired' as const, error: null } : null;
    know({ phase, failure }, { callId: first });
    expect([(await create()).status, (await create()).status]).toEqual([202, 429]);
  });

  it('are not counted when Kafka did not take them', async () => {
    gateway.onCommand = () => Promise.reject(new KafkaError('SEND_FAILED', 'no'));
    for (let sent = 0; sent < 3; sent += 1) expect((await create()).status).toBe(503);
    gateway.onCommand = () => Promise.resolve();
    expect((await create()).status).toBe(202);
  });
});
