import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IsInt, IsString, Min } from 'class-validator';
import { ConfigError } from './errors.js';
import { KafkaSettings } from './kafka-settings.js';
import { loadSettings, maskedSummary, Setting, settingsOf, SettingsGroup } from './settings.js';

class ExampleSettings {
  @Setting('EXAMPLE_SECRET', { describe: 'A secret', secret: true })
  @IsString()
  secret!: string;

  @Setting('EXAMPLE_WAIT_MS', { kind: 'integer', describe: 'A wait, milliseconds' })
  @IsInt()
  @Min(1)
  waitMs: number = 50;

  @SettingsGroup(KafkaSettings)
  kafka!: KafkaSettings;
}

const good = { EXAMPLE_SECRET: 'hunter2', KAFKA_BROKERS: '127.0.0.1:9092, b:9093' };

function faultsOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  try {
    loadSettings(ExampleSettings, environment);
  } catch (error) {
    if (error instanceof ConfigError) return Object.fromEntries(error.faults.map((fault) => [fault.variable, fault.message]));
    throw error;
  }
  return {};
}

describe('loadSettings', () => {
  it('reads values of every kind and keeps the defaults of what is not set', () => {
    const settings = loadSettings(ExampleSettings, good);
    expect(settings).toMatchObject({
      secret: 'hunter2',
      waitMs: 50,
      kafka: { brokers: ['127.0.0.1:9092', 'b:9093'], topicPrefix: 'calls.', partitions: 12 },
    });
  });

  it('reads a value from the file that NAME_FILE names, without its last line end and the mark that Windows editors write first', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'secret');
    writeFileSync(file, '\ufefffrom a file\r\n');
    const settings = loadSettings(ExampleSettings, { ...good, EXAMPLE_SECRET: undefined, EXAMPLE_SECRET_FILE: file });
    expect(settings.secret).toBe('from a file');
  });

  it('names every fault at once, each by its variable', () => {
    const faults = faultsOf({ EXAMPLE_WAIT_MS: 'soon', KAFKA_BROKERS: 'nonsense' });
    expect(Object.keys(faults).sort()).toEqual(['EXAMPLE_SECRET', 'EXAMPLE_WAIT_MS', 'KAFKA_BROKERS']);
    expect(faults['EXAMPLE_WAIT_MS']).toContain('must be a whole number, but is «soon»');
    expect(faults['EXAMPLE_SECRET']).toContain('it is not set');
  });

  it('refuses a value and a file for the same variable', () => {
    expect(faultsOf({ ...good, EXAMPLE_SECRET_FILE: '/dev/null' })).toEqual({
      EXAMPLE_SECRET: 'set either EXAMPLE_SECRET or EXAMPLE_SECRET_FILE, not both',
    });
  });
});

describe('maskedSummary', () => {
  it('shows secrets only as configured', () => {
    const summary = maskedSummary(loadSettings(ExampleSettings, good));
    expect(summary).toMatchObject({ EXAMPLE_SECRET: 'configured', EXAMPLE_WAIT_MS: 50, KAFKA_SASL_PASSWORD: 'not set' });
    expect(JSON.stringify(summary)).not.toContain('hunter2');
  });

  it('covers every variable that the class reads', () => {
    const summary = maskedSummary(loadSettings(ExampleSettings, good));
    expect(Object.keys(summary).sort()).toEqual(
      settingsOf(ExampleSettings)
        .map((info) => info.variable)
        .sort(),
    );
  });
});
