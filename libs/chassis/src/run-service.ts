import { setTimeout as delay } from 'node:timers/promises';
import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';
import type { Registry } from 'prom-client';
import { ConfigError } from './errors.js';
import { Health } from './health.js';
import { createLogger, type Logger } from './logger.js';
import { ManagementServer } from './management-server.js';
import { processMetrics } from './metrics.js';
import { printableLines } from './printable.js';
import { loadSettings, maskedSummary, Setting, SettingsGroup } from './settings.js';
import { ShutdownSteps } from './shutdown-steps.js';
import { StartGivenUp, StartSteps, type StartStep } from './start-steps.js';
import { startTracing } from './tracing.js';
import { TracingSettings } from './tracing-settings.js';

/** What every service can be told; the settings class of each extends it. */
export class ServiceSettings {
  @Setting('SERVICE_NAME', { describe: 'Name of this process in logs; the deployment’s name when not set' })
  @IsString()
  serviceName: string = '';

  @Setting('MANAGEMENT_PORT', {
    kind: 'integer',
    describe: 'Port of /livez, /readyz, /startupz and /metrics; 0 takes a free one',
  })
  @IsInt()
  @Min(0)
  @Max(65535)
  managementPort: number = 9100;

  @Setting('MANAGEMENT_HOST', {
    describe:
      'Address that the management port listens on; 0.0.0.0 for probes and Prometheus of other machines, who need no credential there',
  })
  @IsString()
  managementHost: string = '127.0.0.1';

  @Setting('LOG_LEVEL', { describe: 'fatal, error, warn, info, debug or trace' })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
  logLevel: string = 'info';

  @Setting('SHUTDOWN_DELAY_MS', {
    kind: 'integer',
    describe:
      'Milliseconds that the process goes on working after it was told to stop and is no longer ready: as long as others take to notice that',
  })
  @IsInt()
  @Min(0)
  @Max(600_000)
  shutdownDelayMs: number = 0;

  @Setting('SHUTDOWN_TIMEOUT_MS', {
    kind: 'integer',
    describe: 'Milliseconds that a shutdown may take after that before the process exits with 1',
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
  /** Where the service registers what it measures. */
  readonly metrics: Registry;
  /** Runs a step that needs another system, and waits while that system is missing. */
  readonly startStep: <T>(step: StartStep<T>) => Promise<T>;
  /** Registers work for the shutdown; what was registered last runs first. */
  readonly onShutdown: (step: string, run: () => Promise<void>) => void;
  /** Ends the process with exit code 1 after one fatal line: a process is working or dead, never alive and deaf (G7). */
  readonly fail: (error: unknown) => void;
}

/**
 * Runs one service in this process: reads its settings, opens the management port, starts it, and on
 * SIGTERM or SIGINT, also during the start, drains it and exits 0, or 1 when a step of that failed. Anything unforeseen is
 * logged once and exits 1.
 */
export async function runService<S extends ServiceSettings>(
  name: string,
  settingsClass: new () => S,
  start: (context: ServiceContext<S>) => Promise<void>,
): Promise<void> {
  const settings = settingsOrExit(name, settingsClass);
  const logger = createLogger(settings.serviceName || name, settings.logLevel);
  const health = new Health();
  const metrics = processMetrics(name, health);
  const starting = new StartSteps(logger);
  health.starting(() => starting.describe());
  const steps = new ShutdownSteps(logger);
  let isStopping = false;

  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, 'the process cannot go on and exits with 1');
    process.exit(1);
  };
  const shutdown = async (signal: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    health.drain();
    starting.stop();
    logger.info({ signal, delayMs: settings.shutdownDelayMs }, 'shutting down');
    await delay(settings.shutdownDelayMs);
    const timer = setTimeout(() => {
      fail(new Error(`the shutdown took more than SHUTDOWN_TIMEOUT_MS (${settings.shutdownTimeoutMs} ms)`));
    }, settings.shutdownTimeoutMs);
    const isClean = await steps.run();
    clearTimeout(timer);
    logger.info('stopped');
    process.exit(isClean ? 0 : 1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutdown(signal));

  logger.info({ settings: maskedSummary(settings), node: process.version }, 'starting');
  try {
    const management = new ManagementServer(settings.serviceName || name, health, metrics);
    const port = await management.listen(settings.managementPort, settings.managementHost);
    steps.add('traces', await startTracing(settings.serviceName || name, settings.tracing, logger));
    await start({
      settings,
      logger,
      health,
      metrics,
      startStep: (step) => starting.run(step),
      onShutdown: (step, run) => {
        steps.add(step, run);
      },
      fail,
    });
    health.started();
    logger.info({ managementPort: port }, 'started');
  } catch (error) {
    if (!(error instanceof StartGivenUp)) fail(error);
  }
}

function settingsOrExit<S extends object>(name: string, settingsClass: new () => S): S {
  try {
    return loadSettings(settingsClass);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${printableLines(`${name}: ${error.message}`)}\n`);
    process.exit(1);
  }
}
