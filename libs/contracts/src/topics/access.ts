import { GROUPS, TOPICS, type Principal, type TopicSpec } from './topics.js';

/** Kafka's names. Who may READ or WRITE may DESCRIBE too. */
export type Operation = 'READ' | 'WRITE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS';

export interface AccessRule {
  readonly resource: 'topic' | 'group';
  /** Without the installation’s prefix, which topics and groups begin with alike. */
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly Operation[];
}

const topics: readonly TopicSpec[] = Object.values(TOPICS);

const GROUPS_DESCRIBED: readonly AccessRule[] = Object.values(GROUPS).map(({ name }) => ({
  resource: 'group',
  name,
  pattern: 'literal',
  operations: ['DESCRIBE'],
}));

/** What each principal may do on Kafka, and nothing else: nobody creates or alters a topic at run time. */
export const ACCESS: Readonly<Record<Principal, readonly AccessRule[]>> = {
  gateway: rulesOf('gateway'),
  // It refuses to start where the settings of these would let a call be dialled twice.
  'call-dispatcher': rulesOf('call-dispatcher', {
    DESCRIBE_CONFIGS: [TOPICS.commands, TOPICS.operatorCommands, TOPICS.dispatchLedger],
  }),
  'notification-receiver': rulesOf('notification-receiver'),
  'notification-sequencer': rulesOf('notification-sequencer'),
  // The doctor compares the topics’ settings with topics.ts, and looks whether the services take what is theirs.
  operator: [...rulesOf('operator', { DESCRIBE_CONFIGS: topics }), ...GROUPS_DESCRIBED],
  producer: rulesOf('producer'),
  // The client library counts the partitions of the commands as it connects, whatever it is used for.
  subscriber: rulesOf('subscriber', { DESCRIBE: [TOPICS.commands] }),
};

function rulesOf(
  principal: Principal,
  further: Readonly<Partial<Record<Operation, readonly TopicSpec[]>>> = {},
): readonly AccessRule[] {
  const ofTopics = topics.flatMap((topic): AccessRule[] => {
    const operations: Operation[] = [
      ...(topic.readers.includes(principal) ? (['READ'] as const) : []),
      ...(topic.writers.includes(principal) ? (['WRITE'] as const) : []),
      ...(Object.keys(further) as Operation[]).filter((operation) => further[operation]?.includes(topic)),
    ];
    return operations.length > 0 ? [{ resource: 'topic', name: topic.name, pattern: 'literal', operations }] : [];
  });
  const isReader = topics.some(({ readers }) => readers.includes(principal));
  // Consumer groups, and the groups of those who read a whole topic, whose names are random from there on.
  const ofGroups: AccessRule[] = isReader
    ? [{ resource: 'group', name: principal, pattern: 'prefixed', operations: ['READ'] }]
    : [];
  return [...ofTopics, ...ofGroups];
}
