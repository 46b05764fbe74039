import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseKafka, findKafkaMeans, javaMajor, type KafkaMeans } from './kafka-choice.js';
import { ProcessGroup } from '../processes/process-group.js';
import { ProcessRegister } from '../processes/process-register.js';

const nothing: KafkaMeans = { hasMaven: false, hasJars: false, hasDocker: false };
const java17 = { command: 'java', major: 17 };

describe('chooseKafka', () => {
  it('takes the cluster that KAFKA_BROKERS names before anything else', () => {
    expect(chooseKafka({ ...nothing, brokers: 'a:1, b:2', java: java17, hasMaven: true })).toEqual({
      kind: 'external',
      brokers: ['a:1', 'b:2'],
    });
  });

  it('takes Java with Maven, or with jars that are there already, before Docker', () => {
    expect(chooseKafka({ ...nothing, java: java17, hasMaven: true, hasDocker: true })).toEqual({ kind: 'java', java: 'java' });
    expect(chooseKafka({ ...nothing, java: java17, hasJars: true, hasDocker: true })).toEqual({ kind: 'java', java: 'java' });
  });

  it.each([
    ['no Java', {}],
    ['a Java that is too old', { java: { command: 'java', major: 11 }, hasMaven: true }],
    ['Java without Maven', { java: java17 }],
  ])('takes Docker with %s', (_case, means) => {
    expect(chooseKafka({ ...nothing, ...means, hasDocker: true })).toEqual({ kind: 'docker' });
  });

  it.each([
    ['«java» is not found', {}],
    ['version 11, too old', { java: { command: 'java', major: 11 }, hasMaven: true }],
    ['«mvn» is not found', { java: java17 }],
  ])('says «%s» and every way out when there is no Kafka to be had', (finding, means) => {
    expect(() => chooseKafka({ ...nothing, ...means })).toThrow(finding);
    expect(() => chooseKafka({ ...nothing, ...means })).toThrow(/install Java 17.*start Docker.*KAFKA_BROKERS/s);
  });
});

describe('javaMajor', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "25" 2025-09-16', 25],
    ['command not found', undefined],
  ])('reads %s', (printed, major) => {
    expect(javaMajor(printed)).toBe(major);
  });
});

describe('findKafkaMeans', () => {
  const folder = mkdtempSync(join(tmpdir(), 'means-'));
  const group = new ProcessGroup(new ProcessRegister(folder), join(folder, 'logs'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** A machine that has just these commands, each printing and exiting as told. */
  function machine(commands: Record<string, string>): NodeJS.ProcessEnv {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const [name, script] of Object.entries(commands))
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: bin };
  }
  const find = (environment: NodeJS.ProcessEnv) => findKafkaMeans(join(folder, 'no-cache'), group, environment);
  const java = (version: string): string => `echo 'openjdk version "${version}"' >&2`;

  it('finds Java and Maven and does not ask Docker then', async () => {
    const environment = machine({ java: java('21.0.1'), mvn: 'exit 0', docker: `touch ${folder}/asked` });
    expect(await find(environment)).toEqual({
      java: { command: 'java', major: 21 },
      hasMaven: true,
      hasJars: false,
      hasDocker: false,
    });
    expect(existsSync(join(folder, 'asked'))).toBe(false);
  });

  it('takes the Java of JAVA_HOME', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    mkdirSync(join(home, 'bin'));
    writeFileSync(join(home, 'bin', 'java'), `#!/bin/sh\n${java('17')}\n`, { mode: 0o755 });
    expect(await find({ ...machine({ java: java('11'), mvn: '' }), JAVA_HOME: home })).toMatchObject({
      java: { major: 17 },
      hasMaven: true,
    });
  });

  it('counts Docker only when its engine answers and it knows compose', async () => {
    expect(await find(machine({ docker: 'exit 0' }))).toMatchObject({ java: undefined, hasDocker: true });
    expect(await find(machine({ docker: 'exit 1' }))).toMatchObject({ hasDocker: false });
    expect(await find(machine({ docker: '[ "$1" = info ]' }))).toMatchObject({ hasDocker: false });
  });
});
