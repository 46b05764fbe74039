import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { StackArguments } from './arguments.js';
import { callerOf } from './identities/caller.js';
import { developmentCertificates } from './identities/development-ca.js';
import { developmentSecrets } from './identities/development-secrets.js';
import { messageOf, StackError } from './errors.js';
import type { GuardedGroup } from './processes/guarded-group.js';
import { startKafka, type Kafka } from './kafka/kafka.js';
import type { LocalStackSettings } from './local-stack-settings.js';
import type { StackPlaces } from './places.js';
import { envFileOf, operatorEnvironment } from './identities/operator-environment.js';
import { planPorts, serviceOwners } from './services/port-plan.js';
import { freePort, requireFreePorts } from './services/ports.js';
import type { Progress } from './progress.js';
import { untilReady } from './processes/readiness.js';
import { serviceNames } from './services/service-names.js';
import {
  mainFile,
  planServices,
  processEnvironment,
  requireKnownServices,
  requireRealSettings,
  stackUrls,
  type PlannedService,
  type StackPlan,
} from './services/service-plan.js';
import { replaceFile, writeStackFile, type StackFile } from './stack-file.js';
import { Supervisor, type Supervised } from './processes/supervisor.js';
import { createTopics } from './kafka/topics.js';
import { kafkaAccess } from './kafka/kafka-access.js';
import type { KafkaClient } from '@callbus/kafka';

export interface StackOptions {
  readonly args: StackArguments;
  readonly settings: LocalStackSettings;
  readonly places: StackPlaces;
  readonly progress: Progress;
  readonly guarded: GuardedGroup;
  /** A process that cannot be kept running any more. */
  readonly onGivenUp: (error: StackError) => void;
}

/** One running local stack, from Kafka to the last service. */
export class Stack {
  private readonly supervisor: Supervisor;
  private kafka: Kafka | undefined;
  private client: KafkaClient | undefined;
  private plan: StackPlan | undefined;
  private fileWrites: Promise<void> = Promise.resolve();
  private isReady = false;
  private isStopping = false;

  constructor(private readonly options: StackOptions) {
    this.supervisor = new Supervisor(options.guarded.group, {
      restart: options.args.restart,
      say: options.progress.say,
      onChange: () => {
        if (this.isReady) this.writeFile();
      },
      onGivenUp: options.onGivenUp,
    });
  }

  /**
   * Starts everything and resolves when all services are ready and stack.json is written.
   * @throws StackError that names the part and what to do
   */
  async start(): Promise<{ readonly file: StackFile; readonly client: KafkaClient }> {
    const { args, settings, places, progress, guarded } = this.options;
    const services = serviceNames(args.counts, args.graph === 'simulator');
    requireKnownServices(settings.serviceEnvironment, services);
    const builds = [places.root, settings.upgradeFrom, settings.upgradeTo].filter((root) => root !== undefined);
    const unbuilt = builds
      .flatMap((root) => services.map((service) => mainFile(root, service)))
      .filter((file) => !existsSync(file));
    if (unbuilt.length > 0) throw new StackError('NOT_BUILT', `Not built yet: ${unbuilt.join(', ')}. Run «npm run build» there.`);
    const graph = graphOf(args, places);
    const taken = new Set<number>();
    const isAuto = (args.ports ?? settings.ports) === 'auto';
    const ports = await planPorts(
      services,
      (documented) => (isAuto ? freePort(taken) : Promise.resolve(documented)),
      settings.kafkaNodes,
    );
    await requireFreePorts(serviceOwners(ports));

    this.kafka = await startKafka(places, { ...ports.kafka, further: settings.kafkaListeners }, guarded.group, progress);
    const { brokers, own } = this.kafka;
    for (const { process, boot } of own) this.supervisor.keep({ name: process.name, launch: boot }, process);
    const kafka = { brokers, topicPrefix: settings.topicPrefix, partitions: settings.partitions };
    const client = kafkaAccess(brokers, places.logs);
    this.client = client;
    await progress.step('creating the topics', () => createTopics(client, kafka));

    const certificates = await developmentCertificates(join(places.home, 'certificates'), Date.now());
    const secrets = await developmentSecrets(join(places.home, 'secrets.json'));
    this.plan = { services, ports, kafka, certificates, secrets, graph, further: settings.serviceEnvironment };
    const planned = planServices(this.plan);
    await progress.step(`starting ${planned.length} services`, () =>
      Promise.all(planned.map((service) => this.supervisor.start(this.supervised(service)))),
    );
    await replaceFile(places.operatorFile, envFileOf(operatorEnvironment(this.plan)));
    this.isReady = true;
    this.writeFile();
    await this.fileWrites;
    return { file: this.content(this.plan), client };
  }

  /** Ends the services, then Kafka, and leaves nothing running. Safe at any moment of the start. */
  async stop(): Promise<void> {
    if (this.isStopping) return;
    this.isStopping = true;
    const { places, guarded } = this.options;
    this.supervisor.stop();
    guarded.group.close();
    await this.client?.close();
    const brokers = this.kafka?.own.map(({ process }) => process.name) ?? [];
    await guarded.group.end(guarded.group.names().filter((name) => !brokers.includes(name)));
    await this.kafka?.stop();
    await this.fileWrites;
    for (const file of [places.stackFile, places.operatorFile]) await rm(file, { force: true });
    await guarded.dismiss();
  }

  /** Ends a service, or a broker, if it runs, and launches it anew. Resolves when stack.json has its new process. */
  async restart(name: string): Promise<void> {
    await this.supervisor.restart(name);
    await this.fileWrites;
  }

  /** What a running service was told. */
  environmentOf(name: string): NodeJS.ProcessEnv {
    const service = this.plan && planServices(this.plan).find((planned) => planned.name === name);
    if (service === undefined) throw new StackError('ARGUMENTS', `there is no service ${name}`);
    return processEnvironment(globalThis.process.env, service.environment);
  }

  private supervised(service: PlannedService): Supervised {
    const { places, settings, guarded } = this.options;
    let build = settings.upgradeFrom ?? places.root;
    return {
      name: service.name,
      launch: async () => {
        const process = guarded.group.start({
          name: service.name,
          command: globalThis.process.execPath,
          args: ['--enable-source-maps', mainFile(build, service)],
          environment: processEnvironment(globalThis.process.env, service.environment),
        });
        build = settings.upgradeTo ?? places.root;
        await untilReady(process, managementUrl(service), settings.readyTimeoutMs);
        return process;
      },
    };
  }

  private writeFile(): void {
    const { plan } = this;
    if (plan === undefined || this.isStopping) return;
    const { places, progress } = this.options;
    this.fileWrites = this.fileWrites
      .then(() => writeStackFile(places.stackFile, this.content(plan)))
      .catch((error: unknown) => {
        progress.say(`✗ ${places.stackFile} cannot be written: ${messageOf(error)}`);
      });
  }

  private content(plan: StackPlan): StackFile {
    const urls = stackUrls(plan);
    const running = this.supervisor.running();
    const brokers = (this.kafka?.own ?? []).flatMap(({ process: { name } }) => running.get(name) ?? []);
    return {
      kafka: { brokers: plan.kafka.brokers, processes: brokers.map(({ name, pid }) => ({ name, pid })) },
      topicPrefix: plan.kafka.topicPrefix,
      gateway: { url: urls.gateway },
      ingest: { url: urls.ingest },
      ...(urls.simulator === undefined ? {} : { simulator: { url: urls.simulator } }),
      ca: plan.certificates.caFile,
      caller: callerOf(plan, urls),
      processes: planServices(plan).flatMap((service) => {
        const process = running.get(service.name);
        return process === undefined ? [] : [{ name: service.name, pid: process.pid, managementUrl: managementUrl(service) }];
      }),
    };
  }
}

function managementUrl(service: PlannedService): string {
  return `http://127.0.0.1:${service.ports.management}`;
}

/** Reads .env when a real tenant is wanted; what the shell sets wins over it. */
function graphOf(args: StackArguments, places: StackPlaces): StackPlan['graph'] {
  if (args.graph === 'simulator') return { kind: 'simulator' };
  const file = join(places.root, '.env');
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(written)) variables[name] = process.env[name] ?? value ?? '';
  requireRealSettings(variables);
  return { kind: 'real', variables };
}
