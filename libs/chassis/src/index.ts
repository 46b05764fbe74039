export { sendAwayWhileDraining } from './draining-server.js';
export { ConfigError, type ConfigFault } from './errors.js';
export { Health, type Condition, type HealthReport } from './health.js';
export { HttpLimits } from './http-limits.js';
export { httpServerMetrics, measureRequests } from './http-server-metrics.js';
export { KafkaSettings } from './kafka-settings.js';
export { createLogger, nestLogger, scrub, SECRET_MEMBERS, type Logger } from './logger.js';
export { ManagementServer } from './management-server.js';
export { addCounter, addGauge, processMetrics } from './metrics.js';
export { printable, printableLines } from './printable.js';
export { runService, ServiceSettings, type ServiceContext } from './run-service.js';
export {
  loadSettings,
  maskedSummary,
  Setting,
  settingsOf,
  SettingsGroup,
  type SettingInfo,
  type SettingKind,
  type SettingOptions,
} from './settings.js';
export { signingKeySettings, type SigningKeySettings } from './signing-key-settings.js';
export { type StartStep } from './start-steps.js';
export { traceRequests, type TracedRequestsOptions } from './traced-requests.js';
export { startTracing } from './tracing.js';
export { TracingSettings } from './tracing-settings.js';
