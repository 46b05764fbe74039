import type { ServiceContext } from '@callbus/chassis';
import { AppTokens, GraphClient, type Exchange } from '@callbus/graph';
import type { DispatcherMetrics } from '../dispatcher-metrics.js';
import type { DispatcherSettings } from '../settings/dispatcher-settings.js';

/** Graph, and the tokens that its requests need. */
export interface GraphAccess {
  readonly client: GraphClient;
  readonly tokens: AppTokens;
  /** Calls the listener after every request for a token, whether it succeeded or failed. */
  readonly onTokenRequested: (listener: () => void) => void;
}

/** Connects to nothing yet: the first request does. */
export function openGraph(
  { settings, logger, onShutdown }: ServiceContext<DispatcherSettings>,
  metrics: DispatcherMetrics,
): GraphAccess {
  const onExchange = (exchange: Exchange): void => {
    metrics.requested(exchange);
  };
  const listeners = new Set<() => void>();
  const tokens = new AppTokens({
    authority: settings.graphAuthority,
    apps: settings.app.apps(),
    scope: `${new URL(settings.graphBaseUrl).origin}/.default`,
    requestTimeoutMs: settings.graphTokenTimeoutMs,
    onRequested: ({ appId, tenantId }, failure) => {
      if (failure !== null) logger.warn({ err: failure, appId, tenantId }, 'no token could be had; it is asked for again');
      for (const listener of listeners) listener();
    },
    onExchange,
  });
  onShutdown('tokens', () => tokens.close());
  const client = new GraphClient({
    baseUrl: settings.graphBaseUrl,
    connectTimeoutMs: settings.graphConnectTimeoutMs,
    headersTimeoutMs: settings.graphResponseTimeoutMs,
    bodyTimeoutMs: settings.graphResponseTimeoutMs,
    maxConcurrentPosts: settings.graphMaxConcurrentCreatesInAll,
    onExchange,
  });
  onShutdown('graph', () => client.close());
  return { client, tokens, onTokenRequested: (listener) => listeners.add(listener) };
}
