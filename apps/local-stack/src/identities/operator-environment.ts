import { callersIssuer, stackUrls, type StackPlan, type Variables } from '../services/service-plan.js';
import { DEVELOPMENT } from './development-identities.js';

/** What the `callbus` command is told about a stack, so that it works on it without any setting. */
export function operatorEnvironment(plan: StackPlan): Variables {
  const { simulator, ingest } = stackUrls(plan);
  return {
    KAFKA_BROKERS: plan.kafka.brokers.join(','),
    KAFKA_TOPIC_PREFIX: plan.kafka.topicPrefix,
    KAFKA_PARTITIONS: String(plan.kafka.partitions),
    // Not NODE_EXTRA_CA_CERTS: Node takes that from the environment itself, where another may be set already.
    TRUSTED_CA_FILE: plan.certificates.caFile,
    ...(simulator === undefined
      ? {}
      : {
          GRAPH_BASE_URL: simulator,
          GRAPH_AUTHORITY: simulator,
          GRAPH_APP_ID: DEVELOPMENT.botAppId,
          GRAPH_CLIENT_SECRET: plan.secrets.graphClientSecret,
          GRAPH_TENANTS: DEVELOPMENT.tenantId,
          GATEWAY_ISSUERS: callersIssuer(simulator),
          // The defaults, with which the stack's gateway runs.
          GATEWAY_TENANTS: '{}',
          GATEWAY_DELEGATED_TOKENS: 'false',
          CALLBACK_PUBLIC_URL: ingest,
          CALLBACK_OPENID_URL: `${simulator}/callbacks/v1/.well-known/OpenIdConfiguration`,
        }),
    ...(plan.graph.kind === 'real'
      ? { GRAPH_TENANTS: plan.graph.variables['CALLER_TENANT_ID'] ?? '', ...plan.graph.variables }
      : {}),
    ...plan.further['operator-cli'],
  };
}

/** The text of a file for `node --env-file`. @throws Error for a value that such a file cannot hold */
export function envFileOf(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quoted(name, value)}\n`)
    .join('');
}

/** Between double quotes Node reads \\n as the end of a line, so they are the last choice. */
function quoted(name: string, value: string): string {
  const quote = ["'", '`', '"'].find((one) => !value.includes(one));
  if (quote === undefined) throw new Error(`the value of ${name} has every kind of quotation mark`);
  return quote + value + quote;
}
