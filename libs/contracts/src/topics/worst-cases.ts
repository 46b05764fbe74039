import type { Principal } from './topics.js';

/**
 * The most harm that each principal’s credential allows: Kafka checks who writes to a topic, not the content. docs/topics.md shows
 * it to operators before they grant rights.
 */
export const WORST_CASES: Readonly<Record<Principal, readonly string[]>> = {
  gateway: [
    'Everything that a producer can do: only the gateway itself checks its callers’ roles and tenants.',
    'Read the events and snapshots of all tenants, with names, numbers and who took part.',
  ],
  'call-dispatcher': [
    'Write any record into the ledger, so dial a phone again and again, declare a call failed, or forge a release and its operator.',
    'Stop every dispatcher with a ledger record of an unknown version.',
    'Write any observation: all that a receiver can do.',
    'Read all commands and snapshots, with names, numbers and passcodes of meetings. Its process also holds the app’s credential.',
  ],
  'notification-receiver': [
    'Invent observations of a call whose callId it knows: states, results, its end. The dispatcher acts on the history, so it may hang up, or take a call for live or ended that is not.',
    'Invent the end of the grace period of an unknown attempt, after which a command with `ifUnknown: redial` is dialled a second time.',
    'Stop every sequencer with an observation of an unknown version. It can read nothing.',
  ],
  'notification-sequencer': [
    'Write any event and any snapshot, and so show subscribers, callers and the dispatcher a false history. Everything that a receiver can achieve with false observations.',
    'Stop gateways, dispatchers and sequencers with a snapshot of an unknown version, or erase snapshots.',
    'Read all callbacks, with names and numbers.',
  ],
  operator: [
    'Release each parked attempt once, so make a phone ring a second time. The operator’s name in a release is what its writer says.',
    'Everything that a producer or a receiver can do.',
    'Read all topics, with names, numbers and passcodes of meetings.',
  ],
  producer: [
    'Call anybody whom the installation’s apps can call, in every tenant of `GRAPH_TENANTS` (any tenant while it is empty), as any app of `GRAPH_APPS_FILE`, with `ifUnknown: redial`, under any `source`, until the quota is spent.',
    'End or cancel any call whose callId and tenant it can name, also before its CreateCall comes.',
    'Use up `UNKNOWN_ENDS_MAX_PER_CALL` of a callId that can be predicted, with EndCalls of as many invented tenants. Until the CreateCall comes, its owner’s EndCall is put aside as `TOO_MANY_ENDS`, so the call is dialled.',
    'Use a callId before its owner does: it can be predicted from tenant, caller’s app and key. The owner’s later CreateCall then counts as a repeat, or gets `CONFLICT`.',
    'Name any media address for Graph to fetch, while `DISPATCHER_MEDIA_HOSTS` is empty.',
    'Fill the topic and the ledger as fast as Kafka’s quota for it allows. It can release no call and read nothing.',
  ],
  subscriber: [
    'Read the events of all tenants, with names, numbers and who took part. It can write nothing.',
    'Disturb every consumer group whose name has the same prefix as its own groups.',
  ],
};
