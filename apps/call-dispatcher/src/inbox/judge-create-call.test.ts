import { READ_ONLY_MEMBERS } from '@callbus/graph';
import { judgeCreateCall, type CreateCallRules } from './judge-create-call.js';
import { APP_ID, CALL_ID, COMMAND, START_MS, TENANT_ID } from '../testing/dispatches.js';

const OTHER_APP_ID = 'a0f5b7c2-3d1e-4f60-8a9b-2c4d6e8f0a1b';
const rules: CreateCallRules = {
  appId: APP_ID,
  apps: new Map([
    [APP_ID, []],
    [OTHER_APP_ID, [TENANT_ID]],
  ]),
  tenants: [],
  mediaHosts: null,
  notAfterDefaultMs: 120_000,
  notAfterRedialExtraMs: 600_000,
  maxCallBytes: 4_096,
};
const data = { callId: CALL_ID, tenantId: TENANT_ID, call: COMMAND.call };
const faultsOf = (changes: object, otherRules: Partial<CreateCallRules> = {}): string[] =>
  judgeCreateCall({ ...data, ...changes }, START_MS, { ...rules, ...otherRules }).faults.map(({ path }) => path);

it('fills in what the command leaves to the installation', () => {
  expect(judgeCreateCall(data, START_MS, rules)).toMatchObject({
    command: { tenantId: TENANT_ID, appId: APP_ID, notAfterMs: START_MS + 120_000, ifUnknown: 'park' },
    faults: [],
  });
});

it('gives a call that may be redialled more time', () => {
  expect(judgeCreateCall({ ...data, ifUnknown: 'redial' }, START_MS, rules).command.notAfterMs).toBe(START_MS + 720_000);
});

it('takes notAfter as it is given', () => {
  const notAfter = new Date(START_MS + 1_000).toISOString();
  expect(judgeCreateCall({ ...data, notAfter }, START_MS, rules).command.notAfterMs).toBe(START_MS + 1_000);
});

it('writes tenant and app in lower case, so that the same call is the same request', () => {
  const upper = { ...data, tenantId: TENANT_ID.toUpperCase(), appId: APP_ID.toUpperCase() };
  expect(judgeCreateCall(upper, START_MS, rules)).toEqual(judgeCreateCall(data, START_MS, rules));
});

it('knows another call by its hash', () => {
  const other = { ...data, call: { ...COMMAND.call, subject: 'another' } };
  expect(judgeCreateCall(other, START_MS, rules).requestHash).not.toBe(judgeCreateCall(data, START_MS, rules).requestHash);
});

it('knows the same call whatever its members say that Graph does not get', () => {
  const { requestHash } = judgeCreateCall(data, START_MS, rules);
  const others = [...READ_ONLY_MEMBERS, 'callbackUri'].map((name) => ({ ...data, call: { ...COMMAND.call, [name]: 'x' } }));
  expect(others.filter((other) => judgeCreateCall(other, START_MS, rules).requestHash !== requestHash)).toEqual([]);
});

it.each([
  ['a call that Graph would refuse', { call: { ...COMMAND.call, targets: [] } }, ['call.targets']],
  ['a body of another tenant', { call: { ...COMMAND.call, tenantId: CALL_ID } }, ['call.tenantId']],
  ['an app that is not ours', { appId: CALL_ID }, ['appId']],
  ['a time without its offset from UTC', { notAfter: '2026-01-31T12:00:00' }, ['notAfter']],
  ['a bare date', { notAfter: '2026-01-31' }, ['notAfter']],
  ['more than a day', { notAfter: new Date(START_MS + 86_400_001).toISOString() }, ['notAfter']],
])('finds fault with %s', (_what, changes, paths) => {
  expect(faultsOf(changes)).toEqual(paths);
});

it('takes another app of the installation, in the tenants that it calls', () => {
  const other = { ...data, appId: OTHER_APP_ID.toUpperCase() };
  expect(judgeCreateCall(other, START_MS, rules)).toMatchObject({ command: { appId: OTHER_APP_ID }, faults: [] });
  expect(faultsOf({ appId: OTHER_APP_ID, tenantId: CALL_ID })).toEqual(['tenantId']);
  expect(faultsOf({ tenantId: CALL_ID })).toEqual([]);
});

it('finds fault with a tenant that is not on the list', () => {
  expect(faultsOf({}, { tenants: [CALL_ID] })).toEqual(['tenantId']);
  expect(faultsOf({}, { tenants: [TENANT_ID.toUpperCase()] })).toEqual([]);
});

it('refuses a call with more bytes than the installation takes', () => {
  const call = { ...COMMAND.call, a: 'x'.repeat(2_000), b: 'x'.repeat(2_000) };
  expect([faultsOf({ call }), faultsOf({ call }, { maxCallBytes: 8_192 })]).toEqual([['call'], []]);
});
