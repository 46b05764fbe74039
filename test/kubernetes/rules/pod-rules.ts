import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../apps/local-stack/src/places.js';
import { containerOf, deployments, environmentOf, ofKind, type Container, type KubernetesObject } from '../objects.js';
import { forEach, type Rule } from '../rule.js';

interface Namespace extends KubernetesObject {
  readonly kind: 'Namespace';
}
interface ServiceAccount extends KubernetesObject {
  readonly automountServiceAccountToken?: boolean;
}

/** What the restricted level of the pod security standards admits, of those that there is any use for. */
const VOLUMES = ['configMap', 'emptyDir', 'projected', 'secret'];
const POD = 'spec template spec';
const CONTAINER = `${POD} containers 0`;
const DISPATCHER = 'Deployment/call-dispatcher';

function containersOf(pod: {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
}): readonly Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

/** Of a quantity in Mi. */
function mebibytes(quantity = ''): number {
  return Number(/^(\d+)Mi$/.exec(quantity)?.[1]);
}

export const POD_RULES: readonly Rule[] = [
  {
    name: 'the namespace admits restricted pods only, by the standard of a named version',
    faults: forEach(
      (objects) => ofKind<Namespace>(objects, 'Namespace'),
      ({ metadata: { labels = {} } }) => [
        labels['pod-security.kubernetes.io/enforce'] !== 'restricted' && 'does not enforce restricted',
        !/^v1\.\d+$/.test(labels['pod-security.kubernetes.io/enforce-version'] ?? '') && 'names no version',
      ],
    ),
    broken: [
      ['Namespace/callbus', 'metadata labels pod-security.kubernetes.io/enforce', 'baseline'],
      ['Namespace/callbus', 'metadata labels pod-security.kubernetes.io/enforce-version', 'latest'],
    ],
  },
  {
    name: 'every pod is restricted',
    faults: forEach(deployments, ({ spec: { template } }) => {
      const { securityContext, volumes = [], hostNetwork, hostPID, hostIPC } = template.spec;
      const kinds = volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name'));
      return [
        securityContext?.runAsNonRoot !== true && 'may run as root',
        securityContext?.seccompProfile?.type !== 'RuntimeDefault' && 'has no seccomp profile',
        (hostNetwork ?? hostPID ?? hostIPC ?? false) && 'shares a namespace of its node',
        ...kinds.filter((kind) => !VOLUMES.includes(kind)).map((kind) => `has a volume of kind ${kind}`),
      ];
    }),
    broken: [
      [DISPATCHER, `${POD} securityContext runAsNonRoot`, false],
      [DISPATCHER, `${POD} securityContext seccompProfile`],
      [DISPATCHER, `${POD} hostNetwork`, true],
      [DISPATCHER, `${POD} volumes 0`, { name: 'tmp', hostPath: { path: '/tmp' } }],
    ],
  },
  {
    name: 'every container is restricted',
    faults: forEach(deployments, ({ spec: { template } }) =>
      containersOf(template.spec).flatMap(({ securityContext }) => [
        securityContext?.allowPrivilegeEscalation !== false && 'may gain privileges',
        (securityContext?.capabilities?.add ?? []).length > 0 && 'adds capabilities',
        securityContext?.capabilities?.drop?.includes('ALL') !== true && 'keeps capabilities',
      ]),
    ),
    broken: [
      [DISPATCHER, `${CONTAINER} securityContext allowPrivilegeEscalation`],
      [DISPATCHER, `${CONTAINER} securityContext capabilities drop`, ['NET_RAW']],
      [DISPATCHER, `${CONTAINER} securityContext capabilities add`, ['NET_ADMIN']],
      [DISPATCHER, `${POD} initContainers`, [{ name: 'shell', image: 'busybox' }]],
    ],
  },
  {
    name: 'no file can be written but in a bounded /tmp',
    faults: forEach(deployments, (deployment) => {
      const { securityContext, volumeMounts = [] } = containerOf(deployment);
      const mounted = volumeMounts.find(({ mountPath }) => mountPath === '/tmp')?.name;
      const empty = (deployment.spec.template.spec.volumes ?? []).filter((volume) => 'emptyDir' in volume);
      return [
        securityContext?.readOnlyRootFilesystem !== true && 'has a root file system that can be written',
        !empty.some(({ name }) => name === mounted) && 'has no /tmp',
        !empty.every(({ emptyDir }) => 'sizeLimit' in (emptyDir as object)) && 'has an emptyDir without a limit',
      ];
    }),
    broken: [
      [DISPATCHER, `${CONTAINER} securityContext readOnlyRootFilesystem`],
      [DISPATCHER, `${CONTAINER} volumeMounts [tmp]`],
      [DISPATCHER, `${POD} volumes [tmp] emptyDir`, {}],
    ],
  },
  {
    name: 'memory is what was asked for, the heap is 65 to 75 % of it, and CPU is not limited',
    faults: forEach(deployments, (deployment) => {
      const { limits = {}, requests = {} } = containerOf(deployment).resources ?? {};
      const heap = Number(/--max-old-space-size=(\d+)/.exec(environmentOf(deployment)['NODE_OPTIONS'] ?? '')?.[1]);
      const share = heap / mebibytes(limits['memory']);
      return [
        requests['memory'] !== limits['memory'] && 'asks for other memory than its limit',
        !(share >= 0.65 && share <= 0.75) && `has a heap of ${heap} MiB of ${limits['memory']}`,
        requests['cpu'] === undefined && 'asks for no CPU',
        limits['cpu'] !== undefined && 'is throttled',
      ];
    }),
    broken: [
      [DISPATCHER, `${CONTAINER} resources requests memory`, '256Mi'],
      [DISPATCHER, `${CONTAINER} resources limits memory`],
      [DISPATCHER, `${CONTAINER} resources limits cpu`, '500m'],
      [DISPATCHER, `${CONTAINER} resources requests cpu`],
      [DISPATCHER, `${CONTAINER} env [NODE_OPTIONS] value`, '--max-old-space-size=480'],
    ],
  },
  {
    name: 'node is process 1 and runs an app of ours',
    faults: forEach(deployments, (deployment) => {
      const { command, args = [] } = containerOf(deployment);
      const source = (args[0] ?? '').replace('/dist/', '/src/').replace(/\.js$/, '.ts');
      return [
        command !== undefined && 'takes another command than the image’s, which is node',
        (args.length !== 1 || !existsSync(join(PROJECT_ROOT, source))) && `runs ${args.join(' ')}, which is no app of ours`,
      ];
    }),
    broken: [
      [DISPATCHER, `${CONTAINER} command`, ['sh', '-c']],
      [DISPATCHER, `${CONTAINER} args`, ['apps/dispatcher/dist/main.js']],
    ],
  },
  {
    name: 'no image is latest',
    faults: forEach(deployments, ({ spec: { template } }) =>
      containersOf(template.spec).flatMap(({ image }) => [
        !/@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$/.test(image) && `runs ${image}`,
      ]),
    ),
    broken: [
      [DISPATCHER, `${CONTAINER} image`, 'callbus:latest'],
      [DISPATCHER, `${CONTAINER} image`, 'callbus'],
    ],
  },
  {
    name: 'every workload has a ServiceAccount of its own, whose token is mounted nowhere',
    faults: forEach(deployments, ({ metadata, spec: { template } }, objects) => {
      const { serviceAccountName, automountServiceAccountToken } = template.spec;
      const account = ofKind<ServiceAccount>(objects, 'ServiceAccount').find((one) => one.metadata.name === serviceAccountName);
      return [
        serviceAccountName !== metadata.name && `runs as ${serviceAccountName}`,
        account === undefined && 'runs as nobody who exists',
        (automountServiceAccountToken !== false || account?.automountServiceAccountToken !== false) && 'mounts a token',
      ];
    }),
    broken: [
      [DISPATCHER, `${POD} serviceAccountName`, 'gateway'],
      ['ServiceAccount/call-dispatcher'],
      [DISPATCHER, `${POD} automountServiceAccountToken`],
      ['ServiceAccount/call-dispatcher', 'automountServiceAccountToken', true],
    ],
  },
  {
    name: 'no Secret is written down',
    faults: (objects) => [
      ...ofKind(objects, 'Secret').map(({ metadata }) => `Secret/${metadata.name} is in the manifests`),
      ...deployments(objects).flatMap(({ metadata, spec: { template } }) =>
        containersOf(template.spec)
          .flatMap(({ env = [] }) => env)
          .filter(({ name, value }) => /SECRET|PASSWORD|MAC_KEYS|TLS_KEY|CERTIFICATE/.test(name) && value !== undefined)
          .map(({ name }) => `Deployment/${metadata.name} has ${name} as a value`),
      ),
    ],
    broken: [
      [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'callbus-graph' } }],
      [DISPATCHER, `${CONTAINER} env [CALLBACK_MAC_KEYS]`, { name: 'CALLBACK_MAC_KEYS', value: 'AAAA' }],
    ],
  },
];
