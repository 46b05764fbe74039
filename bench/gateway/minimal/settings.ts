/** As the gateway's settings of the same names. */
export const settings = {
  httpHost: required('HTTP_HOST'),
  httpPort: Number(required('HTTP_PORT')),
  brokers: required('KAFKA_BROKERS').split(','),
  topic: required('COMMANDS_TOPIC'),
};

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
