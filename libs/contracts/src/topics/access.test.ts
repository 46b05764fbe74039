import { ACCESS, type AccessRule } from './access.js';
import { TOPICS } from './topics.js';

const rightsOf = (principal: keyof typeof ACCESS): string[] =>
  ACCESS[principal].map(({ resource, name, pattern, operations }) =>
    [operations.join('+'), resource, pattern === 'prefixed' ? `${name}*` : name].join(' '),
  );

it('gives each principal what it needs, and no more', () => {
  expect(rightsOf('gateway')).toEqual([
    'WRITE topic commands',
    'READ topic events',
    'READ topic snapshots',
    'READ topic repairs',
    'READ group gateway*',
  ]);
  expect(rightsOf('call-dispatcher')).toEqual([
    'READ+DESCRIBE_CONFIGS topic commands',
    'READ+DESCRIBE_CONFIGS topic operator-commands',
    'READ+WRITE+DESCRIBE_CONFIGS topic dispatch-ledger',
    'WRITE topic observations',
    'READ topic snapshots',
    'WRITE topic commands.dead-letter',
    'READ topic repairs',
    'READ group call-dispatcher*',
  ]);
  expect(rightsOf('notification-receiver')).toEqual(['WRITE topic observations']);
  expect(rightsOf('notification-sequencer')).toEqual([
    'READ topic observations',
    'WRITE topic events',
    'READ+WRITE topic snapshots',
    'WRITE topic observations.dead-letter',
    'READ topic repairs',
    'READ group notification-sequencer*',
  ]);
  expect(rightsOf('producer')).toEqual(['WRITE topic commands']);
  expect(rightsOf('subscriber')).toEqual([
    'DESCRIBE topic commands',
    'READ topic events',
    'READ topic repairs',
    'READ group subscriber*',
  ]);
});

it('lets the operator see how far the services are', () => {
  expect(rightsOf('operator').filter((right) => right.includes(' group '))).toEqual([
    'READ group operator*',
    'DESCRIBE group call-dispatcher',
    'DESCRIBE group call-dispatcher-operator',
    'DESCRIBE group call-dispatcher-relay',
    'DESCRIBE group notification-sequencer',
  ]);
});

it('lets nobody but the operator release a call', () => {
  const isRelease = ({ name, pattern }: AccessRule): boolean =>
    pattern === 'prefixed' ? 'operator-commands'.startsWith(name) : name === 'operator-commands';
  const writers = Object.entries(ACCESS).filter(([, rules]) =>
    rules.some((rule) => rule.resource === 'topic' && rule.operations.includes('WRITE') && isRelease(rule)),
  );
  expect(writers.map(([principal]) => principal)).toEqual(['operator']);
});

it('lets the operator read every topic and write commands, replays and repairs', () => {
  const written = ['commands', 'operator-commands', 'observations', 'repairs'];
  expect(ACCESS.operator.filter(({ resource }) => resource === 'topic')).toEqual(
    Object.values(TOPICS).map(({ name }) => ({
      resource: 'topic',
      name,
      pattern: 'literal',
      operations: ['READ', ...(written.includes(name) ? ['WRITE'] : []), 'DESCRIBE_CONFIGS'],
    })),
  );
});
