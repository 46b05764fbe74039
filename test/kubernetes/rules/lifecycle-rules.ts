import { DispatcherSettings } from '../../../apps/call-dispatcher/src/settings/dispatcher-settings.js';
import { containerOf, deployments, environmentOf, isSelected, ofKind, services } from '../objects.js';
import type { Deployment, KubernetesObject, Selector } from '../objects.js';
import { forEach, type Rule } from '../rule.js';

interface DisruptionBudget extends KubernetesObject {
  readonly spec: {
    readonly maxUnavailable?: number | string;
    readonly minAvailable?: number | string;
    readonly unhealthyPodEvictionPolicy?: string;
    readonly selector: Selector;
  };
}

const POD = 'spec template spec';
const CONTAINER = `${POD} containers 0`;
const [DISPATCHER, GATEWAY, RECEIVER] = ['Deployment/call-dispatcher', 'Deployment/gateway', 'Deployment/notification-receiver'];
const MANAGEMENT_PORT = 9100;
/** For a produce that is under way, for leaving the group, and for the rest. */
const [PRODUCE_SECONDS, LEAVE_SECONDS, SLACK_SECONDS] = [10, 5, 5];

function answersHttp(deployment: Deployment): boolean {
  return 'HTTP_PORT' in environmentOf(deployment);
}

/** For so long a pod that is to end goes on, not ready any more. */
function delaySeconds(deployment: Deployment): number {
  return Number(environmentOf(deployment)['SHUTDOWN_DELAY_MS'] ?? new DispatcherSettings().shutdownDelayMs) / 1_000;
}

function shutdownSeconds(deployment: Deployment): number {
  return Number(environmentOf(deployment)['SHUTDOWN_TIMEOUT_MS'] ?? new DispatcherSettings().shutdownTimeoutMs) / 1_000;
}

/** A POST to Graph that has just begun, at its longest. */
function postSeconds(): number {
  const { graphConnectTimeoutMs, graphResponseTimeoutMs } = new DispatcherSettings();
  return (graphConnectTimeoutMs + 2 * graphResponseTimeoutMs) / 1_000;
}

export const LIFECYCLE_RULES: readonly Rule[] = [
  {
    name: 'probes ask the management port, and no probe kills a pod whose start takes long',
    faults: forEach(deployments, (deployment) => {
      const { startupProbe, livenessProbe, readinessProbe, ports = [] } = containerOf(deployment);
      return [
        ports.find(({ name }) => name === 'management')?.containerPort !== MANAGEMENT_PORT && 'names no management port',
        environmentOf(deployment)['MANAGEMENT_HOST'] !== '0.0.0.0' && 'opens it to its own pod only',
        ...(
          [
            [startupProbe, '/livez'],
            [livenessProbe, '/livez'],
            [readinessProbe, '/readyz'],
          ] as const
        ).flatMap(([probe, path]) => [
          probe?.httpGet?.path !== path && `is not asked for ${path}`,
          probe?.httpGet?.port !== 'management' && `is asked for ${path} at another port`,
        ]),
      ];
    }),
    broken: [
      [DISPATCHER, `${CONTAINER} livenessProbe httpGet path`, '/readyz'],
      [DISPATCHER, `${CONTAINER} readinessProbe`],
      [DISPATCHER, `${CONTAINER} startupProbe httpGet path`, '/startupz'],
      [GATEWAY, `${CONTAINER} livenessProbe httpGet port`, 'http'],
      [DISPATCHER, `${CONTAINER} ports [management] containerPort`, 9101],
      [DISPATCHER, `${CONTAINER} env [MANAGEMENT_HOST]`],
    ],
  },
  {
    name: 'the grace period covers the delay of the shutdown and all of it',
    faults: forEach(services, (deployment) => {
      const needed = delaySeconds(deployment) + shutdownSeconds(deployment) + SLACK_SECONDS;
      const grace = deployment.spec.template.spec.terminationGracePeriodSeconds ?? 30;
      return [grace < needed && `is killed after ${grace} s, and may need ${needed} s`];
    }),
    broken: [
      [DISPATCHER, `${POD} terminationGracePeriodSeconds`, 30],
      [DISPATCHER, `${POD} terminationGracePeriodSeconds`],
      [GATEWAY, `${CONTAINER} env [SHUTDOWN_DELAY_MS] value`, '40000'],
    ],
  },
  {
    name: 'the dispatcher’s shutdown covers the longest POST, its outcome and leaving the group',
    faults: forEach(services, (deployment) => {
      const needed = postSeconds() + PRODUCE_SECONDS + LEAVE_SECONDS;
      const isDispatcher = deployment.metadata.name === 'call-dispatcher';
      return [isDispatcher && shutdownSeconds(deployment) < needed && `gives up before ${needed} s`];
    }),
    broken: [
      [DISPATCHER, `${CONTAINER} env [SHUTDOWN_TIMEOUT_MS]`],
      [DISPATCHER, `${CONTAINER} env [SHUTDOWN_TIMEOUT_MS] value`, '30000'],
    ],
  },
  {
    name: 'those that answer HTTP are replaced before they go, and go on answering for 5 to 10 s',
    faults: forEach(
      (objects) => services(objects).filter(answersHttp),
      (deployment) => {
        const { maxSurge, maxUnavailable } = deployment.spec.strategy.rollingUpdate ?? {};
        const seconds = delaySeconds(deployment);
        return [
          (maxSurge !== 1 || maxUnavailable !== 0) && 'is not replaced first',
          (seconds < 5 || seconds > 10) && `goes after ${seconds} s`,
        ];
      },
    ),
    broken: [
      [RECEIVER, 'spec strategy rollingUpdate maxUnavailable', 1],
      [RECEIVER, `${CONTAINER} env [SHUTDOWN_DELAY_MS]`],
    ],
  },
  {
    name: 'consumers are replaced one by one, with time to settle: each that joins stops its group',
    faults: forEach(
      (objects) => services(objects).filter((deployment) => !answersHttp(deployment)),
      ({ spec: { strategy, minReadySeconds = 0 } }) => [
        (strategy.rollingUpdate?.maxSurge !== 0 || strategy.rollingUpdate.maxUnavailable !== 1) && 'is not replaced one by one',
        minReadySeconds < 15 && `is followed after ${minReadySeconds} s`,
      ],
    ),
    broken: [
      [DISPATCHER, 'spec strategy rollingUpdate maxSurge', 1],
      [DISPATCHER, 'spec minReadySeconds'],
    ],
  },
  {
    name: 'every service may lose one pod at a time to a drain, sick ones too, and only one',
    faults: forEach(services, ({ spec: { template } }, objects) => {
      const mine = ofKind<DisruptionBudget>(objects, 'PodDisruptionBudget').filter(({ spec }) =>
        isSelected(template.metadata.labels, spec.selector),
      );
      const [budget] = mine;
      return [
        // Two budgets of one pod block every eviction.
        mine.length !== 1 && `has ${mine.length} budgets`,
        (budget?.spec.maxUnavailable !== 1 || budget.spec.minAvailable !== undefined) && 'does not say one',
        budget?.spec.unhealthyPodEvictionPolicy !== 'AlwaysAllow' && 'keeps sick pods',
      ];
    }),
    broken: [
      ['PodDisruptionBudget/call-dispatcher'],
      ['PodDisruptionBudget/call-dispatcher', 'spec maxUnavailable', 0],
      ['PodDisruptionBudget/call-dispatcher', 'spec unhealthyPodEvictionPolicy'],
      ['PodDisruptionBudget/call-dispatcher', 'spec selector matchLabels app.kubernetes.io/name', 'gateway'],
    ],
  },
  {
    name: 'the pods of a service are spread over zones and nodes, each service and release by itself',
    faults: forEach(services, ({ spec: { template } }) => {
      const spread = (template.spec.topologySpreadConstraints ?? []).filter(
        ({ labelSelector, matchLabelKeys = [] }) =>
          isSelected(template.metadata.labels, labelSelector) && matchLabelKeys.includes('pod-template-hash'),
      );
      return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(
        (key) => !spread.some(({ topologyKey }) => topologyKey === key) && `is not spread over ${key}`,
      );
    }),
    broken: [
      [DISPATCHER, `${POD} topologySpreadConstraints 0`],
      [DISPATCHER, `${POD} topologySpreadConstraints 1 matchLabelKeys`],
      [DISPATCHER, `${POD} topologySpreadConstraints 1 labelSelector matchLabels`, { app: 'dispatcher' }],
    ],
  },
  {
    name: 'the receiver has a priority class, which exists',
    faults: forEach(services, ({ metadata, spec: { template } }, objects) => {
      const { priorityClassName } = template.spec;
      const isThere = ofKind(objects, 'PriorityClass').some((one) => one.metadata.name === priorityClassName);
      return [
        metadata.name === 'notification-receiver' && priorityClassName === undefined && 'has none',
        priorityClassName !== undefined && !isThere && `has ${priorityClassName}, which is not there`,
      ];
    }),
    broken: [[RECEIVER, `${POD} priorityClassName`], ['PriorityClass/callbus-callbacks']],
  },
];
