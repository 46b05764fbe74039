import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { validateSync, type ValidationError } from 'class-validator';
import { ConfigError, type ConfigFault } from './errors.js';

/** How the text of a variable becomes a value. `list` splits at commas; `json` parses. */
export type SettingKind = 'string' | 'integer' | 'boolean' | 'list' | 'json';

export interface SettingOptions {
  /** Default `string`. */
  readonly kind?: SettingKind;
  /** One sentence for people, with the unit where there is one. */
  readonly describe: string;
  /** Never printed, only «configured» or «not set». */
  readonly secret?: boolean;
}

export interface SettingInfo extends SettingOptions {
  readonly property: string;
  readonly variable: string;
}

type SettingsClass<T extends object = object> = new () => T;
interface GroupInfo {
  readonly property: string;
  readonly type: SettingsClass;
}

const SETTINGS: unique symbol = Symbol('callbus:settings');
const GROUPS: unique symbol = Symbol('callbus:setting-groups');

function declared(key: typeof SETTINGS, prototype: object): readonly SettingInfo[];
function declared(key: typeof GROUPS, prototype: object): readonly GroupInfo[];
function declared(key: symbol, prototype: object): unknown {
  const list: unknown = Reflect.getMetadata(key, prototype);
  return list ?? [];
}

/** Binds a property to an environment variable; the file named by `NAME_FILE` may hold its value instead. */
export function Setting(variable: string, options: SettingOptions): PropertyDecorator {
  return (prototype, property) => {
    const info: SettingInfo = { ...options, variable, property: String(property) };
    Reflect.defineMetadata(SETTINGS, [...declared(SETTINGS, prototype), info], prototype);
  };
}

/** A property that holds settings of another class, such as those for Kafka that most services share. */
export function SettingsGroup(type: SettingsClass): PropertyDecorator {
  return (prototype, property) => {
    const info: GroupInfo = { type, property: String(property) };
    Reflect.defineMetadata(GROUPS, [...declared(GROUPS, prototype), info], prototype);
  };
}

/** Every variable that a settings class reads, its groups' included, in the order of declaration. */
export function settingsOf(type: SettingsClass): readonly SettingInfo[] {
  const groups = declared(GROUPS, type.prototype as object);
  return [...declared(SETTINGS, type.prototype as object), ...groups.flatMap((group) => settingsOf(group.type))];
}

/**
 * Reads and validates the settings of one service.
 * @param environment `NAME`, or the path of a file with the value in `NAME_FILE`; an empty value counts as not set
 * @throws ConfigError with all faults at once
 */
export function loadSettings<T extends object>(type: SettingsClass<T>, environment: NodeJS.ProcessEnv = process.env): T {
  const faults: ConfigFault[] = [];
  const settings = read(type, environment, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return settings;
}

function read<T extends object>(type: SettingsClass<T>, environment: NodeJS.ProcessEnv, faults: ConfigFault[]): T {
  const settings = new type();
  const target = settings as Record<string, unknown>;
  const infos = declared(SETTINGS, type.prototype as object);
  const unreadable = new Set<string>();
  for (const info of infos) {
    try {
      const text = textOf(info.variable, environment);
      if (text !== undefined) target[info.property] = parse(text, info.kind ?? 'string');
    } catch (error) {
      unreadable.add(info.property);
      faults.push({ variable: info.variable, message: (error as Error).message });
    }
  }
  const variables = new Map(infos.map((info) => [info.property, info.variable]));
  for (const error of validateSync(settings, { forbidUnknownValues: false })) {
    if (unreadable.has(error.property)) continue;
    const variable = variables.get(error.property) ?? error.property;
    const was = environment[variable] ? '' : ' (it is not set)';
    faults.push({ variable, message: `${messagesOf(error).join('; ')}${was}` });
  }
  for (const group of declared(GROUPS, type.prototype as object)) {
    target[group.property] = read(group.type, environment, faults);
  }
  return settings;
}

function textOf(variable: string, environment: NodeJS.ProcessEnv): string | undefined {
  const direct = environment[variable];
  const file = environment[`${variable}_FILE`];
  if (direct && file) throw new Error(`set either ${variable} or ${variable}_FILE, not both`);
  if (direct) return direct;
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff|\r?\n$/g, '');
  } catch (error) {
    throw new Error(`the file that ${variable}_FILE names cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parse(text: string, kind: SettingKind): unknown {
  switch (kind) {
    case 'string':
      return text;
    case 'integer':
      if (!/^-?\d{1,15}$/.test(text)) throw new Error(`must be a whole number, but is «${text}»`);
      return Number(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new Error(`must be true or false, but is «${text}»`);
      return text === 'true';
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'json':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new Error('must be JSON, but does not parse');
      }
  }
}

function messagesOf(error: ValidationError): string[] {
  return [...Object.values(error.constraints ?? {}), ...(error.children ?? []).flatMap(messagesOf)];
}

/** One line per variable for the start of the log: its value, or for a secret only whether it is configured. */
export function maskedSummary(settings: object): Readonly<Record<string, unknown>> {
  const summary: Record<string, unknown> = {};
  for (const info of declared(SETTINGS, settings)) {
    const value = (settings as Record<string, unknown>)[info.property];
    summary[info.variable] = info.secret ? (value === undefined ? 'not set' : 'configured') : value;
  }
  for (const group of declared(GROUPS, settings)) {
    const inner = (settings as Record<string, unknown>)[group.property];
    if (inner) Object.assign(summary, maskedSummary(inner));
  }
  return summary;
}
