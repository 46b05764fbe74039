import { ACCESS } from '@callbus/contracts';
import { environmentOf, ofKind, services, type Deployment, type KubernetesObject } from '../objects.js';
import { forEach, type Rule } from '../rule.js';

interface Scaler extends KubernetesObject {
  readonly spec: { readonly scaleTargetRef: { readonly name: string } };
}

interface HorizontalPodAutoscaler extends Scaler {
  readonly spec: Scaler['spec'] & { readonly minReplicas?: number; readonly behavior?: Behavior };
}

interface ScaledObject extends Scaler {
  readonly spec: Scaler['spec'] & {
    readonly minReplicaCount?: number;
    readonly maxReplicaCount?: number;
    readonly advanced?: { readonly horizontalPodAutoscalerConfig?: { readonly behavior?: Behavior } };
    readonly triggers: readonly { readonly type: string; readonly metadata: Readonly<Record<string, string>> }[];
  };
}

interface Behavior {
  readonly scaleDown?: {
    readonly stabilizationWindowSeconds?: number;
    readonly policies?: readonly { readonly type: string; readonly value: number }[];
  };
}

interface KafkaTopic extends KubernetesObject {
  readonly spec: { readonly partitions: number };
}

const [DISPATCHER, SEQUENCER] = ['ScaledObject/call-dispatcher', 'ScaledObject/notification-sequencer'];
const TRIGGER = 'spec triggers 0 metadata';

const podAutoscalers = (objects: readonly KubernetesObject[]) =>
  ofKind<HorizontalPodAutoscaler>(objects, 'HorizontalPodAutoscaler');
const scaledObjects = (objects: readonly KubernetesObject[]) => ofKind<ScaledObject>(objects, 'ScaledObject');

function scalersOf(objects: readonly KubernetesObject[], { metadata }: Deployment): readonly Scaler[] {
  return [...podAutoscalers(objects), ...scaledObjects(objects)].filter(({ spec }) => spec.scaleTargetRef.name === metadata.name);
}

/** As the cluster has it where the manifests make the topics, else as the services are told. */
function partitionsOf(objects: readonly KubernetesObject[], topic = ''): number {
  const made = ofKind<KafkaTopic>(objects, 'KafkaTopic').find(({ metadata }) => metadata.name === topic);
  const [service] = services(objects);
  return made?.spec.partitions ?? Number(service && environmentOf(service)['KAFKA_PARTITIONS']);
}

function isReadBy(name: string, group: string, topic: string): boolean {
  const rules = Object.entries(ACCESS).find(([principal]) => principal === name)?.[1] ?? [];
  const mayUse = (resource: string, wanted: string): boolean =>
    rules.some(
      (rule) =>
        rule.resource === resource &&
        rule.operations.includes('READ') &&
        (rule.pattern === 'prefixed' ? wanted.startsWith(`calls.${rule.name}`) : wanted === `calls.${rule.name}`),
    );
  return mayUse('group', group) && mayUse('topic', topic);
}

export const SCALING_RULES: readonly Rule[] = [
  {
    name: 'a service has a fixed number of replicas or one scaler, and never fewer than two pods',
    faults: (objects) =>
      forEach(services, (deployment) => {
        const scalers = scalersOf(objects, deployment);
        const { replicas } = deployment.spec;
        return [
          scalers.length > 1 && 'has two scalers, which would fight',
          scalers.length > 0 && replicas !== undefined && 'gets its replicas back from each apply',
          scalers.length === 0 && (replicas ?? 1) < 2 && 'has one pod',
        ];
      })(objects).concat(
        forEach(podAutoscalers, ({ spec }) => [(spec.minReplicas ?? 1) < 2 && 'goes below two pods'])(objects),
        forEach(scaledObjects, ({ spec }) => [(spec.minReplicaCount ?? 0) < 2 && 'goes below two pods'])(objects),
      ),
    broken: [
      [{ ...scaler('call-dispatcher'), kind: 'HorizontalPodAutoscaler' }],
      ['Deployment/call-dispatcher', 'spec replicas', 2],
      [DISPATCHER],
      [DISPATCHER, 'spec minReplicaCount', 0],
      ['HorizontalPodAutoscaler/gateway', 'spec minReplicas'],
    ],
  },
  {
    name: 'a scaler takes pods away slowly, and consumers one by one',
    faults: (objects) =>
      forEach(podAutoscalers, ({ spec: { behavior } }) => [waitOf(behavior) < 300 && 'thrashes'])(objects).concat(
        forEach(scaledObjects, ({ spec: { advanced } }) => {
          const behavior = advanced?.horizontalPodAutoscalerConfig?.behavior;
          const policies = behavior?.scaleDown?.policies ?? [];
          return [
            waitOf(behavior) < 300 && 'thrashes',
            (policies.length === 0 || policies.some(({ type, value }) => type !== 'Pods' || value !== 1)) && 'takes many at once',
          ];
        })(objects),
      ),
    broken: [
      ['HorizontalPodAutoscaler/gateway', 'spec behavior'],
      [DISPATCHER, 'spec advanced horizontalPodAutoscalerConfig behavior scaleDown stabilizationWindowSeconds', 60],
      [DISPATCHER, 'spec advanced horizontalPodAutoscalerConfig behavior scaleDown policies'],
      [DISPATCHER, 'spec advanced horizontalPodAutoscalerConfig behavior scaleDown policies 0 type', 'Percent'],
    ],
  },
  {
    name: 'KEDA asks for no more pods than the topic has partitions',
    faults: forEach(scaledObjects, ({ spec }, objects) =>
      spec.triggers.map(({ metadata }) => {
        const partitions = partitionsOf(objects, metadata['topic']);
        const pods = spec.maxReplicaCount ?? 100;
        return !(pods <= partitions) && `would have ${pods} pods of ${partitions} partitions`;
      }),
    ),
    broken: [
      [SEQUENCER, 'spec maxReplicaCount', 13],
      [SEQUENCER, 'spec maxReplicaCount'],
      ['KafkaTopic/calls.observations', 'spec partitions', 5],
    ],
  },
  {
    name: 'KEDA measures the lag of a group and a topic that the service reads, from the earliest record on',
    faults: forEach(scaledObjects, ({ spec: { scaleTargetRef, triggers } }) =>
      triggers.flatMap(({ type, metadata }) => [
        type !== 'kafka' && `asks ${type}`,
        !isReadBy(scaleTargetRef.name, metadata['consumerGroup'] ?? '', metadata['topic'] ?? '') &&
          'measures what it does not read',
        metadata['offsetResetPolicy'] !== 'earliest' && 'takes a group without offsets for one without lag',
        metadata['excludePersistentLag'] !== 'true' && 'scales for a partition that is stuck',
        metadata['ensureEvenDistributionOfPartitions'] !== 'true' && 'spreads partitions unevenly',
        metadata['limitToPartitionsWithLag'] !== undefined && 'has what KEDA refuses beside an even distribution',
        metadata['allowIdleConsumers'] !== undefined && 'has pods without a partition',
        !(Number(metadata['lagThreshold']) > 0) && 'has no threshold',
      ]),
    ),
    broken: [
      [DISPATCHER, `${TRIGGER} consumerGroup`, 'call-dispatcher'],
      [DISPATCHER, `${TRIGGER} topic`, 'calls.observations'],
      [DISPATCHER, `${TRIGGER} topic`],
      [DISPATCHER, `${TRIGGER} offsetResetPolicy`],
      [DISPATCHER, `${TRIGGER} excludePersistentLag`],
      [DISPATCHER, `${TRIGGER} ensureEvenDistributionOfPartitions`],
      [DISPATCHER, `${TRIGGER} limitToPartitionsWithLag`, 'true'],
      [DISPATCHER, `${TRIGGER} allowIdleConsumers`, 'true'],
      [DISPATCHER, `${TRIGGER} lagThreshold`],
      [DISPATCHER, 'spec triggers 0 type', 'cron'],
    ],
  },
];

function waitOf(behavior?: Behavior): number {
  return behavior?.scaleDown?.stabilizationWindowSeconds ?? 0;
}

function scaler(name: string): Scaler {
  return { apiVersion: 'autoscaling/v2', kind: 'ScaledObject', metadata: { name }, spec: { scaleTargetRef: { name } } };
}
