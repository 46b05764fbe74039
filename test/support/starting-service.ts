import { join } from 'node:path';
import { PROJECT_ROOT } from '../../apps/local-stack/src/places.js';
import { freePort } from '../../apps/local-stack/src/services/ports.js';
import { Program } from './program.js';
import type { DeployedService } from './service-settings.js';

interface Condition {
  readonly ok: boolean;
  readonly reason?: string;
}

/** A built service in its own process, from its start on, ready or not. */
export class StartingService {
  private constructor(
    readonly name: string,
    readonly managementUrl: string,
    private readonly program: Program,
  ) {}

  static async launch(
    name: string,
    { app, environment }: DeployedService,
    more: Readonly<Record<string, string>>,
  ): Promise<StartingService> {
    const port = await freePort();
    const told = {
      NODE_ENV: 'production',
      MANAGEMENT_HOST: '127.0.0.1',
      MANAGEMENT_PORT: String(port),
      ...environment,
      ...more,
    };
    const main = join(PROJECT_ROOT, 'apps', app, 'dist', 'main.js');
    return new StartingService(name, `http://127.0.0.1:${port}`, new Program(process.execPath, [main], told));
  }

  /** The reasons why one of its probes fails; empty when it passes, undefined when nothing answers. */
  async lacks(path: '/startupz' | '/readyz' | '/livez'): Promise<string | undefined> {
    if (!this.program.isRunning) throw new Error(`${this.name} ${this.program.toString()}`);
    try {
      const response = await fetch(`${this.managementUrl}${path}`);
      const { conditions } = (await response.json()) as { conditions: Readonly<Record<string, Condition>> };
      const reasons = Object.entries(conditions).filter(([, { ok }]) => !ok);
      return reasons.map(([condition, { reason }]) => `${condition}: ${reason ?? ''}`).join('; ');
    } catch {
      return undefined;
    }
  }

  /** The lines of its log with this message. */
  logged(message: string): Record<string, unknown>[] {
    const lines = this.program.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    return lines.filter(({ msg }) => msg === message);
  }

  get isRunning(): boolean {
    return this.program.isRunning;
  }

  /** Tells it to end. @throws unless it then exits with 0 */
  async endCleanly(): Promise<void> {
    await this.program.end();
    await this.program.finished();
  }

  /** Ends it, whatever it is doing. */
  end(): Promise<void> {
    return this.program.end();
  }
}
