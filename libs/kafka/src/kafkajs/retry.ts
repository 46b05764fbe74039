/** T10: said here, since the client's defaults change with NODE_ENV. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 2_000, factor: 0.2, multiplier: 2, retries: 8 };
