import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import { ConfigError } from './errors.js';
import { Health } from './health.js';
import { createLogger, type Logger } from './logger.js';
import { ManagementServer } from './management-server.js';
import { loadSettings, maskedSummary, Setting, SettingsGroup } from './settings.js';
import { startTracing } from './tracing.js';
import { TracingSettings } from './tracing-settings.js';

/** What every service can be told; the settings class of each extends it. */
export class ServiceSettings {
  @Setting('SERVICE_NAME', { describe: 'Name of this process in logs; the deployment’s name when not set' })
  @IsString()
  serviceName: string = '';

  @Setting('MANAGEMENT_PORT', { kind: 'integer', describe: 'Port of /livez, /readyz and /startupz; 0 takes a free one' })
  @IsInt()
  @Min(0)
  @Max(65535)
  managementPort: number = 9100;

  @Setting('MANAGEMENT_HOST', { describe: 'Address that the management port listens on' })
  @IsString()
  managementHost: string = '0.0.0.0';

  @Setting('LOG_LEVEL', { describe: 'fatal, error, warn, info, debug or trace' })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
  logLevel: string = 'info';

  @Setting('SHUTDOWN_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds that a shutdown may take before the process exits with 1',
  })
  @IsInt()
  @Min(0)
  @Max(600_000)
  shutdownTimeoutMs: number = 25_000;

  @SettingsGroup(TracingSettings)
  tracing!: TracingSettings;
}

export interface ServiceContext<S> {
  readonly settings: S;
  readonly logger: Logger;
  readonly health: Health;
  /** Registers work for the shutdown; what was registered last runs first. */
  readonly onShutdown: (step: string, run: () => Promise<void>) => void;
  /** Ends the process with exit code 1 after one fatal line: a process is working or dead, never alive and deaf (G7). */
  readonly fail: (error: unknown) => void;
}

/**
 * Runs one service in this process: reads its settings, opens the management port, starts it, and on
 * SIGTERM or SIGINT drains it and exits 0. Anything unforeseen is logged once and exits 1.
 */
export async function runService<S extends ServiceSettings>(
  name: string,
  settingsClass: new () => S,
  start: (context: ServiceContext<S>) => Promise<void>,
): Promise<void> {
  const settings = settingsOrExit(name, settingsClass);
  const logger = createLogger(settings.serviceName || name, settings.logLevel);
  const health = new Health();
  const steps: { step: string; run: () => Promise<void> }[] = [];
  let isStopping = false;

  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, 'the process cannot go on and exits with 1');
    process.exit(1);
  };
  const shutdown = async (signal: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    health.drain();
    logger.info({ signal }, 'shutting down');
    const timer = setTimeout(() => {
      fail(new Error(`the shutdown took more than SHUTDOWN_TIMEOUT_MS (${settings.shutdownTimeoutMs} ms)`));
    }, settings.shutdownTimeoutMs);
    for (const { step, run } of steps.toReversed()) {
      await run().catch((error: unknown) => {
        logger.error({ err: error, step }, 'a step of the shutdown failed');
      });
    }
    clearTimeout(timer);
    logger.info('stopped');
    process.exit(0);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutdown(signal));

  logger.info({ settings: maskedSummary(settings), node: process.version }, 'starting');
  let hasStarted = false;
  health.addReadiness('started', () => (hasStarted ? { ok: true } : { ok: false, reason: 'the service is still starting' }));
  try {
    const management = new ManagementServer(settings.serviceName || name, health);
    const port = await management.listen(settings.managementPort, settings.managementHost);
    steps.push({ step: 'traces', run: await startTracing(settings.serviceName || name, settings.tracing, logger) });
    await start({
      settings,
      logger,
      health,
      onShutdown: (step, run) => steps.push({ step, run }),
      fail,
    });
    hasStarted = true;
    logger.info({ managementPort: port }, 'started');
  } catch (error) {
    fail(error);
  }
}

function settingsOrExit<S extends object>(name: string, settingsClass: new () => S): S {
  try {
    return loadSettings(settingsClass);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exit(1);
  }
}
