import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { IsArray, IsNotEmpty, IsOptional, IsString, IsUUID, validateSync } from 'class-validator';
import { readCredential } from './app-credential.js';
import type { GraphApp } from './app-tokens.js';

/** An app registration that this installation places calls as. */
export interface ConfiguredApp extends GraphApp {
  /** The only tenants that it calls; empty: all that the installation calls. */
  readonly tenants: readonly string[];
}

class GraphAppEntry {
  @IsUUID('all')
  appId!: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  clientSecret?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  clientSecretFile?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  certificate?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  certificateFile?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  federatedTokenFile?: string;

  @IsOptional()
  @IsArray()
  @IsUUID('all', { each: true })
  tenants?: string[];
}

/**
 * Reads the list of app registrations, and the files that it names.
 * @throws Error with what is wrong with each app
 */
export function readGraphApps(value: unknown): readonly ConfiguredApp[] {
  if (!Array.isArray(value)) throw new Error('must be a JSON list of apps');
  const apps: ConfiguredApp[] = [];
  const faults: string[] = [];
  value.forEach((entry: unknown, index) => {
    try {
      apps.push(readGraphApp(entry));
    } catch (error) {
      faults.push(`[${index}] ${(error as Error).message}`);
    }
  });
  if (faults.length > 0) throw new Error(faults.join('; '));
  return apps;
}

function readGraphApp(plain: unknown): ConfiguredApp {
  const entry = plainToInstance(GraphAppEntry, plain);
  if (!(entry instanceof GraphAppEntry)) throw new Error('must be a JSON object');
  const faults = validateSync(entry, { whitelist: true, forbidNonWhitelisted: true });
  if (faults.length > 0) throw new Error(faults.flatMap(({ constraints }) => Object.values(constraints ?? {})).join(', '));
  const { appId, clientSecret, clientSecretFile, certificate, certificateFile, federatedTokenFile, tenants = [] } = entry;
  requireOneCredential({ clientSecret, clientSecretFile, certificate, certificateFile, federatedTokenFile });
  const credential = readCredential({
    clientSecret: clientSecret ?? contentOf('clientSecretFile', clientSecretFile),
    certificate: certificate ?? contentOf('certificateFile', certificateFile),
    federatedTokenFile,
  });
  return { appId: appId.toLowerCase(), credential, tenants: tenants.map((tenant) => tenant.toLowerCase()) };
}

/** @throws Error unless exactly one of them has a value */
export function requireOneCredential(byName: Readonly<Record<string, string | undefined>>): void {
  const names = Object.keys(byName);
  const given = names.filter((name) => byName[name] !== undefined);
  if (given.length === 0) throw new Error(`has no credential: set one of ${names.join(', ')}`);
  if (given.length > 1) throw new Error(`has more than one credential: leave only one of ${given.join(', ')}`);
}

function contentOf(member: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff|\r?\n$/g, '');
  } catch (error) {
    throw new Error(`${member} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
