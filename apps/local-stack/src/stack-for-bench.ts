import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSettings } from '@callbus/chassis';
import type { KafkaClient } from '@callbus/kafka';
import { parseArguments } from './arguments.js';
import { openGuardedGroup } from './processes/guarded-group.js';
import { sweepHomes } from './processes/leftovers.js';
import { LocalStackSettings, type EnvironmentByService } from './local-stack-settings.js';
import { PROJECT_ROOT, stackPlaces } from './places.js';
import { obituary, type ProcessGroup } from './processes/process-group.js';
import type { Progress } from './progress.js';
import type { StackFile } from './stack-file.js';
import { Stack } from './stack.js';

const FOLDER = join(PROJECT_ROOT, '.callbus');
const PREFIX = 'bench-';

/** A program that runs beside the services. */
export interface ProgramBeside {
  readonly name: string;
  readonly mainFile: string;
  /** The service whose environment it gets. */
  readonly toldAs: string;
  /** Added to that. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A whole stack under this process, for one bench: a real Kafka, every service a process of its own, on free ports, with
 * topics and a state folder of its own. It ends when `stop` is called or this process is gone.
 */
export class StackForBench {
  private constructor(
    private readonly stack: Stack,
    private readonly group: ProcessGroup,
    private readonly home: string,
    private readonly say: Progress['say'],
    readonly file: StackFile,
    readonly client: KafkaClient,
    /** Of all topics but the ledger. */
    readonly partitions: number,
  ) {}

  /**
   * @param interrupted rejects when the start is to be given up
   * @throws StackError that names the part and what to do
   */
  static async start(
    serviceEnvironment: EnvironmentByService,
    progress: Progress,
    interrupted: Promise<never>,
  ): Promise<StackForBench> {
    await sweepHomes(FOLDER, PREFIX);
    const name = `${PREFIX}${process.pid}`;
    const home = join(FOLDER, name);
    const settings = { ...loadSettings(LocalStackSettings), home, topicPrefix: `${name}.`, serviceEnvironment };
    const places = stackPlaces(settings);
    const guarded = await openGuardedGroup(places);
    // What is started again in the middle of a measurement spoils it, so nothing is, and nothing is given up.
    const args = parseArguments(['--ports', 'auto', '--restart', 'manual']);
    const stack = new Stack({ args, settings, places, progress, guarded, onGivenUp: () => undefined });
    try {
      const { file, client } = await Promise.race([stack.start(), interrupted]);
      return new StackForBench(stack, guarded.group, home, progress.say, file, client, settings.partitions);
    } catch (error) {
      await stack.stop();
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts a program and says so if it ends by itself. */
  startBeside({ name, mainFile, toldAs, environment }: ProgramBeside): void {
    const running = this.group.start({
      name,
      command: process.execPath,
      args: ['--enable-source-maps', mainFile],
      environment: { ...this.stack.environmentOf(toldAs), ...environment },
    });
    void running.ended.then((end) => {
      if (!end.isExpected) this.say(`✗ ${obituary(running, end)}`);
    });
  }

  async end(name: string): Promise<void> {
    await this.group.end([name]);
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await rm(this.home, { recursive: true, force: true });
  }
}
