import type { AclRule } from '@callbus/kafka';
import { aclFinding } from './acl-findings.js';

const tool = { topicPrefix: 'calls.', principal: 'User:operator' };
const rule = (changes: Partial<AclRule>): AclRule => ({
  principal: 'User:operator',
  resource: 'topic',
  name: 'calls.',
  isPrefix: true,
  operation: 'READ',
  isAllowed: true,
  ...changes,
});
const write = (name: string): AclRule => rule({ name, isPrefix: false, operation: 'WRITE' });
const group = rule({ resource: 'group', name: 'calls.operator' });
const describe = rule({ operation: 'DESCRIBE_CONFIGS' });
const look = rule({ resource: 'group', operation: 'DESCRIBE' });
const written = ['calls.commands', 'calls.operator-commands', 'calls.observations', 'calls.repairs'].map(write);
const enough = [rule({}), describe, ...written, group, look];

it('says that there is no authorizer', () => {
  expect(aclFinding(null, tool)).toMatchObject({ verdict: 'ok', found: expect.stringContaining('no authorizer') });
});

it('is content with reading all, writing commands and what is replayed, and groups of its own', () => {
  expect(aclFinding(enough, tool)).toMatchObject({ verdict: 'ok' });
  expect(aclFinding([rule({ name: '*', isPrefix: false, operation: 'ALL' }), group, look], tool)).toMatchObject({
    verdict: 'ok',
  });
  expect(
    aclFinding(
      enough.map((one) => ({ ...one, principal: 'User:*' })),
      tool,
    ),
  ).toMatchObject({ verdict: 'ok' });
});

it.each<[string, AclRule[], RegExp]>([
  [
    'nothing',
    [],
    /READ topic calls\.commands, WRITE topic calls\.commands, DESCRIBE_CONFIGS topic calls\.commands, READ topic calls\.operator-commands/,
  ],
  ['rules of others', enough.map((one) => ({ ...one, principal: 'User:gateway' })), /READ topic calls\.commands/],
  ['no right to write commands', enough.filter(({ name }) => name !== 'calls.commands'), /to: WRITE topic calls\.commands$/],
  [
    'no right to release calls',
    enough.filter(({ name }) => name !== 'calls.operator-commands'),
    /to: WRITE topic calls\.operator-commands$/,
  ],
  ['no group', enough.filter((one) => one !== group), /to: READ group calls\.operator$/],
  ['no look at others’ groups', enough.filter((one) => one !== look), /to: DESCRIBE group calls\.call-dispatcher, /],
  ['a prefix of others', [rule({ name: 'other.' }), ...enough.slice(1)], /READ topic calls\.dispatch-ledger/],
  ['a name that is no prefix', [rule({ isPrefix: false }), ...enough.slice(1)], /READ topic calls\.dispatch-ledger/],
  [
    'a rule that denies',
    [...enough, rule({ name: 'calls.snapshots', isPrefix: false, operation: 'ALL', isAllowed: false })],
    /to: READ topic calls\.snapshots, DESCRIBE_CONFIGS topic calls\.snapshots$/,
  ],
])('names what is missing with %s', (_what, rules, missing) => {
  const { verdict, found } = aclFinding(rules, tool);
  expect(verdict).toBe('warning');
  expect(found).toMatch(missing);
});
