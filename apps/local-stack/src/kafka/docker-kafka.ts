import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, StackError } from '../errors.js';
import type { ProcessGroup } from '../processes/process-group.js';

/** Fetching the image is part of it the first time. */
const UP_TIMEOUT_MS = 10 * 60_000;
const DOWN_TIMEOUT_MS = 60_000;

/** The compose file's Kafka, for machines with Docker and without Java; each state folder has a compose project of its own. */
export class DockerKafka {
  private readonly project: string;
  private readonly compose: readonly string[];
  private readonly environment: NodeJS.ProcessEnv;

  constructor(root: string, home: string, port: number) {
    this.project = `callbus-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
    this.compose = ['compose', '-f', join(root, 'docker-compose.yml'), '-p', this.project];
    this.environment = { ...process.env, CALLBUS_KAFKA_PORT: String(port) };
  }

  /** Removes what an earlier run left, then starts a fresh broker and waits until its health check passes. */
  async start(group: ProcessGroup): Promise<void> {
    await this.stop();
    const args = [...this.compose, 'up', '--detach', '--wait', 'kafka'];
    try {
      await group.run({ name: 'docker-compose', command: 'docker', args, environment: this.environment }, UP_TIMEOUT_MS);
    } catch (error) {
      throw new StackError(
        'KAFKA_UNREACHABLE',
        `Docker could not start the Kafka of docker-compose.yml: ${messageOf(error)}\nLook at «docker compose -p ${this.project} logs kafka».`,
      );
    }
  }

  async stop(): Promise<void> {
    const args = [...this.compose, 'down', '--volumes', '--timeout', '5'];
    await promisify(execFile)('docker', args, { env: this.environment, timeout: DOWN_TIMEOUT_MS });
  }
}
