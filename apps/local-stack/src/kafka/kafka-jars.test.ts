import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { hasKafkaJars, kafkaJars } from './kafka-jars.js';
import { ProcessGroup } from '../processes/process-group.js';
import { ProcessRegister } from '../processes/process-register.js';

const folder = mkdtempSync(join(tmpdir(), 'jars-'));
const cache = join(folder, 'cache');
const tools = join(folder, 'tools');
const group = new ProcessGroup(new ProcessRegister(folder), join(folder, 'logs'));
const said: string[] = [];
const progress = { step: <T>(_title: string, run: () => Promise<T>) => run(), say: (line: string) => void said.push(line) };
const path = process.env['PATH'];

beforeAll(() => {
  mkdirSync(tools);
  process.env['PATH'] = `${tools}${delimiter}${path ?? ''}`;
});
beforeEach(() => {
  said.length = 0;
  rmSync(cache, { recursive: true, force: true });
});
afterAll(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true });
});

/** In Maven's place: a command that puts two jars into the folder it is told, and exits with `code` after the first if that is not 0. */
function mavenThatExitsWith(code: number): void {
  const output = 'for a in "$@"; do case "$a" in -DoutputDirectory=*) out="${a#*=}";; esac; done';
  const script = `#!/bin/sh\n${output}\necho one > "$out/one.jar"\n[ ${code} = 0 ] || { echo "no route to repository" >&2; exit ${code}; }\necho two > "$out/two.jar"\n`;
  writeFileSync(join(tools, 'mvn'), script);
  chmodSync(join(tools, 'mvn'), 0o755);
}

const jars = (): Promise<string> => kafkaJars(cache, group, progress);

describe('kafkaJars', () => {
  it('fetches once and then serves from the cache', async () => {
    mavenThatExitsWith(0);
    expect(await hasKafkaJars(cache)).toBe(false);
    const fetched = await jars();
    expect(readdirSync(fetched)).toEqual(expect.arrayContaining(['one.jar', 'two.jar']));
    mavenThatExitsWith(1);
    expect(await jars()).toBe(fetched);
    expect(await hasKafkaJars(cache)).toBe(true);
  });

  it('does not take a download that broke off for whole, and leaves nothing of it', async () => {
    mavenThatExitsWith(1);
    await expect(jars()).rejects.toMatchObject({
      code: 'KAFKA_JARS',
      message: expect.stringContaining('no route to repository') as string,
    });
    await expect(jars()).rejects.toThrow('set KAFKA_BROKERS');
    expect(readdirSync(cache)).toEqual([]);
    mavenThatExitsWith(0);
    expect(existsSync(join(await jars(), 'two.jar'))).toBe(true);
  });

  it('does not take a folder without its stamp for whole', async () => {
    mavenThatExitsWith(0);
    const fetched = await jars();
    rmSync(join(fetched, 'jars.json'));
    rmSync(join(fetched, 'two.jar'));
    expect(existsSync(join(await jars(), 'two.jar'))).toBe(true);
  });

  it('fetches again, and says so, when a jar is not as it was fetched or is gone', async () => {
    mavenThatExitsWith(0);
    const fetched = await jars();
    writeFileSync(join(fetched, 'one.jar'), 'bad');
    await jars();
    expect(said.join()).toContain('not as they were fetched');
    rmSync(join(fetched, 'two.jar'));
    expect(existsSync(join(await jars(), 'two.jar'))).toBe(true);
  });

  it('lets several stacks fetch at the same time', async () => {
    mavenThatExitsWith(0);
    const groups = [1, 2, 3].map(
      (n) => new ProcessGroup(new ProcessRegister(join(folder, `home-${n}`)), join(folder, `logs-${n}`)),
    );
    const folders = await Promise.all(groups.map((each) => kafkaJars(cache, each, progress)));
    expect(new Set(folders).size).toBe(1);
    expect(readdirSync(cache)).toHaveLength(1);
    expect(await hasKafkaJars(cache)).toBe(true);
  });
});
