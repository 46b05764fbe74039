import {
  containerOf,
  deployments,
  environmentOf,
  isSelected,
  ofKind,
  type Deployment,
  type KubernetesObject,
  type Selector,
} from '../objects.js';
import { forEach, type Rule } from '../rule.js';

interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly ('Ingress' | 'Egress')[];
    readonly ingress?: readonly Way[];
    readonly egress?: readonly Way[];
  };
}

interface Way {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol?: string; readonly port: number | string; readonly endPort?: number }[];
}

interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

/** Ranges of addresses that are not on the internet; in the fourth, clouds have their metadata. */
const INSIDE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'];
const METRICS_NAMESPACE = 'monitoring';

function policiesOf(objects: readonly KubernetesObject[], { spec }: Deployment): readonly NetworkPolicy[] {
  return ofKind<NetworkPolicy>(objects, 'NetworkPolicy').filter((policy) =>
    isSelected(spec.template.metadata.labels, policy.spec.podSelector),
  );
}

function waysOut(objects: readonly KubernetesObject[], deployment: Deployment): readonly Way[] {
  return policiesOf(objects, deployment).flatMap(({ spec }) => spec.egress ?? []);
}

function waysIn(objects: readonly KubernetesObject[], deployment: Deployment): readonly Way[] {
  return policiesOf(objects, deployment).flatMap(({ spec }) => spec.ingress ?? []);
}

function leadsTo({ ports = [] }: Way, wanted: number, protocol = 'TCP'): boolean {
  return ports.some(
    ({ port, endPort = port, protocol: spoken = 'TCP' }) =>
      spoken === protocol && wanted >= Number(port) && wanted <= Number(endPort),
  );
}

/** Ports that a pod has to reach, by whom its settings name. */
function portsAsked(deployment: Deployment): readonly number[] {
  const environment = environmentOf(deployment);
  const brokers = (environment['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== '');
  const isOnTheWeb = ['GATEWAY_AUDIENCE', 'GRAPH_TENANTS'].some((name) => name in environment);
  const checksCallbacks = environment['NOTIFICATION_INGEST_ROLES'] === 'receiver';
  return [...brokers.map((broker) => Number(broker.split(':').at(-1))), ...(isOnTheWeb || checksCallbacks ? [443] : [])];
}

function openPorts({ ports = [] }: Way, deployment: Deployment): readonly string[] {
  const names = new Map((containerOf(deployment).ports ?? []).map(({ name, containerPort }) => [containerPort, name]));
  return ports.map(({ port }) => (typeof port === 'number' ? (names.get(port) ?? String(port)) : port));
}

export const NETWORK_RULES: readonly Rule[] = [
  {
    name: 'every pod is denied both ways by default',
    faults: forEach(deployments, (deployment, objects) => {
      const denying = policiesOf(objects, deployment).filter(({ spec }) => (spec.ingress ?? spec.egress) === undefined);
      const types = denying.flatMap(({ spec }) => spec.policyTypes);
      return [!types.includes('Ingress') && 'lets all in', !types.includes('Egress') && 'lets all out'];
    }),
    broken: [
      ['NetworkPolicy/default-deny'],
      ['NetworkPolicy/default-deny', 'spec policyTypes', ['Ingress']],
      ['NetworkPolicy/default-deny', 'spec policyTypes', ['Egress']],
      ['NetworkPolicy/default-deny', 'spec podSelector matchLabels', { 'app.kubernetes.io/name': 'gateway' }],
    ],
  },
  {
    name: 'every pod may ask for names, and reach the ports that its settings name',
    faults: forEach(deployments, (deployment, objects) => {
      const ways = waysOut(objects, deployment);
      return [
        ...['UDP', 'TCP'].map(
          (protocol) => !ways.some((way) => leadsTo(way, 53, protocol)) && `may not ask for names by ${protocol}`,
        ),
        ...portsAsked(deployment).map((port) => !ways.some((way) => leadsTo(way, port)) && `may not reach port ${port}`),
      ];
    }),
    broken: [
      ['NetworkPolicy/dns-out'],
      ['NetworkPolicy/kafka-out', 'spec egress 0 ports 0', { protocol: 'TCP', port: 9092 }],
      ['NetworkPolicy/https-out', 'spec podSelector matchExpressions 0 values', ['gateway', 'call-dispatcher']],
    ],
  },
  {
    name: 'the way to the internet leads to no address inside, and names are asked of the cluster’s DNS',
    faults: forEach(
      (objects) => ofKind<NetworkPolicy>(objects, 'NetworkPolicy'),
      ({ spec }) =>
        (spec.egress ?? []).flatMap((way) => [
          leadsTo(way, 443) &&
            !(way.to ?? [{}]).every(({ ipBlock }) => INSIDE.every((range) => ipBlock?.except?.includes(range))) &&
            'leads to port 443 of addresses inside',
          leadsTo(way, 53, 'UDP') &&
            !(way.to ?? []).some(({ namespaceSelector, podSelector }) => namespaceSelector && podSelector) &&
            'lets anybody be asked for names',
        ]),
    ),
    broken: [
      ['NetworkPolicy/https-out', 'spec egress 0 to'],
      ['NetworkPolicy/https-out', 'spec egress 0 to 0 ipBlock except', ['10.0.0.0/8']],
      ['NetworkPolicy/dns-out', 'spec egress 0 to'],
    ],
  },
  {
    name: 'every way in names who comes and to which port, and the management port is for metrics alone',
    faults: forEach(deployments, (deployment, objects) =>
      waysIn(objects, deployment).flatMap((way) => {
        const { from = [], ports = [] } = way;
        const isMetrics = from.every(
          ({ namespaceSelector }) => namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === METRICS_NAMESPACE,
        );
        return [
          (from.length === 0 || from.some((peer) => isEverybody(peer))) && 'lets everybody in',
          ports.length === 0 && 'lets in to every port',
          openPorts(way, deployment).includes('management') && !isMetrics && 'lets others to its management port',
        ];
      }),
    ),
    broken: [
      ['NetworkPolicy/callbacks-in', 'spec ingress 0 from'],
      ['NetworkPolicy/callbacks-in', 'spec ingress 0 from 0 namespaceSelector', {}],
      ['NetworkPolicy/callers-in', 'spec ingress 0 ports'],
      ['NetworkPolicy/callers-in', 'spec ingress 0 ports 0 port', 'management'],
      ['NetworkPolicy/callers-in', 'spec ingress 0 ports 0 port', 9100],
    ],
  },
];

function isEverybody({ namespaceSelector, podSelector, ipBlock }: Peer): boolean {
  return [namespaceSelector, podSelector].every((selector) => Object.keys(selector ?? {}).length === 0) && ipBlock === undefined;
}
