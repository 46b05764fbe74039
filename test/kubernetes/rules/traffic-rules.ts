import {
  containerOf,
  deployments,
  environmentOf,
  isSelected,
  ofKind,
  type Deployment,
  type KubernetesObject,
  type Labels,
} from '../objects.js';
import { forEach, type Rule } from '../rule.js';

interface Service extends KubernetesObject {
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
  };
}

interface Gateway extends KubernetesObject {
  readonly spec: {
    readonly listeners: readonly {
      readonly protocol: string;
      readonly hostname?: string;
      readonly tls?: { readonly mode?: string; readonly certificateRefs?: readonly unknown[] };
      readonly allowedRoutes?: { readonly namespaces?: { readonly from?: string } };
    }[];
  };
}

interface HttpRoute extends KubernetesObject {
  readonly spec: {
    readonly parentRefs: readonly { readonly name: string }[];
    readonly hostnames?: readonly string[];
    readonly rules: readonly {
      readonly matches?: readonly { readonly path?: { readonly type: string; readonly value: string } }[];
      readonly timeouts?: { readonly request?: string };
      readonly backendRefs: readonly { readonly name: string; readonly port: number }[];
    }[];
  };
}

interface Ingress extends KubernetesObject {
  readonly spec: {
    readonly tls?: readonly { readonly hosts: readonly string[] }[];
    readonly rules: readonly {
      readonly host?: string;
      readonly http: {
        readonly paths: readonly {
          readonly path: string;
          readonly pathType: string;
          readonly backend: { readonly service: { readonly name: string; readonly port: { readonly name?: string } } };
        }[];
      };
    }[];
  };
}

interface Monitor extends KubernetesObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Labels };
    readonly podMetricsEndpoints?: readonly { readonly port: string }[];
    readonly endpoints?: readonly { readonly port: string }[];
  };
}

const CALLBACKS = '/v1/callbacks';
const RECEIVER = 'notification-receiver';

function servicesOf(objects: readonly KubernetesObject[]): readonly Service[] {
  return ofKind<Service>(objects, 'Service');
}

function podsBehind(objects: readonly KubernetesObject[], labels: Labels): readonly Deployment[] {
  return deployments(objects).filter(({ spec }) => isSelected(spec.template.metadata.labels, { matchLabels: labels }));
}

function callbackHost(objects: readonly KubernetesObject[]): string {
  const dispatcher = deployments(objects).find(({ metadata }) => metadata.name === 'call-dispatcher');
  if (dispatcher === undefined) throw new Error('there is no dispatcher');
  return new URL(environmentOf(dispatcher)['CALLBACK_PUBLIC_URL'] ?? '').hostname;
}

export const TRAFFIC_RULES: readonly Rule[] = [
  {
    name: 'a Service leads to one workload, at the port where it listens, and never to the management port',
    faults: forEach(servicesOf, ({ spec: { selector, ports } }, objects) => {
      const pods = podsBehind(objects, selector);
      return [
        pods.length !== 1 && `leads to ${pods.length} workloads`,
        ...pods.flatMap((pod) => {
          const named = containerOf(pod).ports ?? [];
          // The simulator listens where its default says.
          const listens = environmentOf(pod)['HTTP_PORT'] ?? '4443';
          return ports.flatMap(({ targetPort }) => [
            targetPort === 'management' && 'shows the management port',
            String(named.find(({ name }) => name === targetPort)?.containerPort) !== listens &&
              `leads to ${targetPort}, where nobody listens`,
          ]);
        }),
      ];
    }),
    broken: [
      ['Service/gateway', 'spec selector', { 'app.kubernetes.io/part-of': 'callbus' }],
      ['Service/gateway', 'spec selector app.kubernetes.io/name', 'front'],
      ['Service/gateway', 'spec ports 0 targetPort', 'management'],
      ['Service/gateway', 'spec ports 0 targetPort', 'web'],
      ['Deployment/gateway', 'spec template spec containers 0 env [HTTP_PORT] value', '3001'],
    ],
  },
  {
    name: 'a Deployment selects its own pods and no others',
    faults: forEach(deployments, ({ metadata, spec: { selector } }, objects) => {
      const names = podsBehind(objects, selector.matchLabels).map((pod) => pod.metadata.name);
      return [names.join(' ') !== metadata.name && `selects the pods of ${names.join(', ')}`];
    }),
    broken: [
      ['Deployment/gateway', 'spec selector matchLabels', { 'app.kubernetes.io/part-of': 'callbus' }],
      ['Deployment/gateway', 'spec template metadata labels app.kubernetes.io/name', 'call-dispatcher'],
    ],
  },
  {
    name: 'from outside there is a way to the callbacks of the receiver only, over https, at the host that Graph is told',
    faults: (objects) => [
      ...forEach(
        () => ofKind<HttpRoute>(objects, 'HTTPRoute'),
        ({ spec: { parentRefs, hostnames, rules } }) => [
          hostnames?.join(' ') !== callbackHost(objects) && 'is for another host',
          ...parentRefs.map(
            ({ name }) => !ofKind(objects, 'Gateway').some(({ metadata }) => metadata.name === name) && `belongs to no Gateway`,
          ),
          ...rules.flatMap(({ matches = [{}], timeouts, backendRefs }) => [
            !matches.every(({ path }) => path?.type === 'PathPrefix' && path.value === CALLBACKS) && 'lets other paths in',
            timeouts?.request === undefined && 'waits for ever',
            ...backendRefs.map(({ name, port }) => !hasPort(objects, name, port) && `leads to port ${port} of ${name}`),
          ]),
        ],
      )(objects),
      ...forEach(
        () => ofKind<Gateway>(objects, 'Gateway'),
        ({ spec: { listeners } }) =>
          listeners.flatMap(({ protocol, hostname, tls, allowedRoutes }) => [
            (protocol !== 'HTTPS' || tls?.mode !== 'Terminate' || !tls.certificateRefs?.length) && 'does not end TLS',
            hostname !== callbackHost(objects) && 'listens for another host',
            allowedRoutes?.namespaces?.from !== 'Same' && 'takes routes of other namespaces',
          ]),
      )(objects),
    ],
    broken: [
      ['HTTPRoute/callbacks', 'spec hostnames', ['callbus.example.com']],
      ['HTTPRoute/callbacks', 'spec rules 0 matches 0 path value', '/'],
      ['HTTPRoute/callbacks', 'spec rules 0 matches'],
      ['HTTPRoute/callbacks', 'spec rules 0 timeouts'],
      ['HTTPRoute/callbacks', 'spec rules 0 backendRefs 0 port', 8080],
      ['HTTPRoute/callbacks', 'spec rules 0 backendRefs 0 name', 'gateway'],
      ['HTTPRoute/callbacks', 'spec parentRefs 0 name', 'public'],
      ['Gateway/callbacks', 'spec listeners 0 protocol', 'HTTP'],
      ['Gateway/callbacks', 'spec listeners 0 hostname'],
      ['Gateway/callbacks', 'spec listeners 0 allowedRoutes'],
    ],
  },
  {
    name: 'an Ingress leads to the callbacks of the receiver only, over https, at the host that Graph is told',
    faults: forEach(
      (objects) => ofKind<Ingress>(objects, 'Ingress'),
      ({ spec: { tls = [], rules } }, objects) => [
        ...rules.flatMap(({ host, http }) => [
          host !== callbackHost(objects) && 'is for another host',
          !tls.some(({ hosts }) => hosts.includes(host ?? '')) && 'speaks http',
          ...http.paths.flatMap(({ path, pathType, backend: { service } }) => [
            (path !== CALLBACKS || pathType !== 'Prefix') && 'lets other paths in',
            (service.name !== RECEIVER || service.port.name !== 'http') && 'leads elsewhere',
          ]),
        ]),
      ],
    ),
    broken: [
      [ingress({ host: 'callbus.example.com' })],
      [ingress({ path: '/' })],
      [ingress({ service: 'gateway' })],
      [ingress({ isTls: false })],
    ],
  },
  {
    name: 'a monitor selects pods or Services that have the port that it scrapes',
    faults: (objects) => [
      ...forEach(
        () => ofKind<Monitor>(objects, 'PodMonitor'),
        ({ spec: { selector, podMetricsEndpoints = [] } }) => {
          const pods = podsBehind(objects, selector.matchLabels);
          return [
            pods.length === 0 && 'selects no pod',
            ...podMetricsEndpoints.map(
              ({ port }) =>
                !pods.every((pod) => containerOf(pod).ports?.some(({ name }) => name === port)) &&
                `scrapes ${port}, which is not there`,
            ),
          ];
        },
      )(objects),
      ...forEach(
        () => ofKind<Monitor>(objects, 'ServiceMonitor'),
        ({ spec: { selector, endpoints = [] } }) => {
          const found = servicesOf(objects).filter(({ metadata }) => isSelected(metadata.labels ?? {}, selector));
          return [
            found.length === 0 && 'selects no Service',
            ...endpoints.map(
              ({ port }) =>
                !found.every(({ spec }) => spec.ports.some(({ name }) => name === port)) && `scrapes ${port}, which is not there`,
            ),
          ];
        },
      )(objects),
    ],
    broken: [
      [monitor('PodMonitor', { 'app.kubernetes.io/part-of': 'phones' }, 'management')],
      [monitor('PodMonitor', { 'app.kubernetes.io/part-of': 'callbus' }, 'metrics')],
      [monitor('ServiceMonitor', { 'app.kubernetes.io/name': 'gateway' }, 'management')],
    ],
  },
];

function hasPort(objects: readonly KubernetesObject[], name: string, port: number): boolean {
  const service = servicesOf(objects).find(({ metadata }) => metadata.name === name);
  return name === RECEIVER && service?.spec.ports.some((one) => one.port === port) === true;
}

function ingress({ host = 'callbacks.example.com', path = CALLBACKS, service = RECEIVER, isTls = true }): Ingress {
  const backend = { service: { name: service, port: { name: 'http' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'broken' },
    spec: { tls: isTls ? [{ hosts: [host] }] : [], rules: [{ host, http: { paths: [{ path, pathType: 'Prefix', backend }] } }] },
  };
}

function monitor(kind: 'PodMonitor' | 'ServiceMonitor', matchLabels: Labels, port: string): Monitor {
  const endpoints = kind === 'PodMonitor' ? { podMetricsEndpoints: [{ port }] } : { endpoints: [{ port }] };
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind,
    metadata: { name: 'broken' },
    spec: { selector: { matchLabels }, ...endpoints },
  };
}
