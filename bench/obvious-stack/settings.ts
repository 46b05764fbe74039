/** As the call-dispatcher's settings of the same names. */
export const settings = {
  brokers: required('KAFKA_BROKERS').split(','),
  commandsTopic: required('COMMANDS_TOPIC'),
  graphBaseUrl: required('GRAPH_BASE_URL'),
  graphAuthority: required('GRAPH_AUTHORITY'),
  graphAppId: required('GRAPH_APP_ID'),
  graphClientSecret: required('GRAPH_CLIENT_SECRET'),
  callbackPublicUrl: required('CALLBACK_PUBLIC_URL'),
  /** kafkajs' own default is 1: one message at a time. */
  partitionsConsumedConcurrently: Number(process.env['PARTITIONS_CONSUMED_CONCURRENTLY'] ?? 1),
};

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
