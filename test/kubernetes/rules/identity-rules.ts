import { containerOf, environmentOf, ofKind, services, type KubernetesObject } from '../objects.js';
import { forEach, type Rule } from '../rule.js';

const POD = 'spec template spec';
const USE = 'azure.workload.identity/use';
const CLIENT_ID = 'azure.workload.identity/client-id';
const CREDENTIALS = ['GRAPH_CLIENT_SECRET', 'GRAPH_CLIENT_CERTIFICATE'];

const dispatchers = (objects: readonly KubernetesObject[]) =>
  services(objects).filter(({ metadata }) => metadata.name === 'call-dispatcher');

export const IDENTITY_RULES: readonly Rule[] = [
  {
    name: 'the dispatcher alone has a credential for Graph: its workload’s identity, else what a Secret holds',
    faults: (objects) =>
      forEach(dispatchers, (deployment) => {
        const { metadata, spec } = deployment;
        const account = ofKind(objects, 'ServiceAccount').find((one) => one.metadata.name === metadata.name);
        const isFederated = spec.template.metadata.labels[USE] === 'true';
        const credentials = containerOf(deployment).env?.filter(({ name }) => CREDENTIALS.includes(name)) ?? [];
        return [
          isFederated && credentials.length > 0 && 'has two credentials',
          isFederated &&
            account?.metadata.annotations?.[CLIENT_ID] !== environmentOf(deployment)['GRAPH_APP_ID'] &&
            'has the identity of another app',
          !isFederated && credentials.length === 0 && 'has no credential',
          credentials.some(({ valueFrom }) => valueFrom?.secretKeyRef?.optional !== true) && 'needs both credentials',
        ];
      })(objects).concat(
        forEach(
          (all) => services(all).filter(({ metadata }) => metadata.name !== 'call-dispatcher'),
          (deployment) => [
            (deployment.spec.template.metadata.labels[USE] !== undefined ||
              containerOf(deployment).env?.some(({ name }) => CREDENTIALS.includes(name)) === true) &&
              'has a credential for Graph',
          ],
        )(objects),
      ),
    broken: [
      ['ServiceAccount/call-dispatcher', `metadata annotations ${CLIENT_ID}`, '5f1c9b7e-0d2a-4e63-8b57-9c4e1a6d2f38'],
      ['Deployment/call-dispatcher', `spec template metadata labels ${USE}`],
      [
        'Deployment/call-dispatcher',
        `${POD} containers 0 env 0`,
        { name: 'GRAPH_CLIENT_SECRET', valueFrom: { secretKeyRef: { name: 'callbus-graph', key: 'GRAPH_CLIENT_SECRET' } } },
      ],
      ['Deployment/gateway', `spec template metadata labels ${USE}`, 'true'],
    ],
  },
];
