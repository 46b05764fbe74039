/** Whether the client's error, or the one that it gave up on, is one of these by Kafka's name for it. */
export function isOfType(error: unknown, ...types: readonly string[]): boolean {
  const { type, cause } = error as { type?: unknown; cause?: { type?: unknown } };
  return types.some((one) => one === type || one === cause?.type);
}
