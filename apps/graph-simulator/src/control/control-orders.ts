import 'reflect-metadata';
import { isObject } from '@callbus/graph';
import { BadRequestException } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { IsIn, IsObject, IsOptional, IsString, IsUrl, validateSync, type ValidationError } from 'class-validator';
import { CallScript } from '../calls/call-script.js';
import { contradictionsOf, FaultOrder, unknownFactsOf } from '../faults/fault-order.js';
import { isListOfText, readRegisteredApp, type RegisteredApp } from '../tokens/registered-apps.js';

/** How a notification's token is made: as Graph would, or wrongly. */
export const SIGNATURES = ['graph', 'foreign', 'unknown-kid', 'alg-none', 'hs256', 'absent'] as const;
export type Signature = (typeof SIGNATURES)[number];

/** The body of POST /simulator/notifications. */
export class NotificationOrder {
  @IsUrl({ protocols: ['https', 'http'], require_tld: false, require_protocol: true })
  callbackUri!: string;

  /** Sent as JSON. */
  @IsOptional()
  body?: unknown;

  /** Sent as it is. */
  @IsOptional()
  @IsString()
  raw?: string;

  /** Sent byte for byte. */
  @IsOptional()
  @IsString()
  rawBase64?: string;

  /** In addition to those of a callback, or in their place; null leaves one out. */
  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  /** In addition to those of Graph's tokens, or in their place; null leaves one out. */
  @IsOptional()
  @IsObject()
  claims?: Record<string, unknown>;

  @IsOptional()
  @IsIn(SIGNATURES, { message: `must be one of ${SIGNATURES.join(', ')}` })
  sign?: Signature;
}

export function readFaultOrder(raw: unknown): FaultOrder {
  const order = validated(FaultOrder, raw);
  refuse(contradictionsOf(order));
  return order;
}

export function readNotificationOrder(raw: unknown): NotificationOrder {
  return validated(NotificationOrder, raw);
}

/** A script names what is to differ from `current`; `match` says for which calls, all if it is absent. */
export function readScript(raw: unknown, current: CallScript): { script: CallScript; match?: Readonly<Record<string, unknown>> } {
  if (!isObject(raw)) refuse(['the body must be a JSON object']);
  const { match, ...differences } = raw as Record<string, unknown>;
  const script = validated(CallScript, { ...current, ...differences });
  if (match === undefined) return { script };
  if (!isObject(match)) return refuse(['match: must be an object']);
  refuse(unknownFactsOf(match));
  return { script, match };
}

export function readRoles(raw: unknown): readonly string[] {
  const roles = isObject(raw) ? raw['roles'] : undefined;
  if (isListOfText(roles)) return roles;
  return refuse(['roles: must be a list of text']);
}

/** The body of PUT /simulator/apps/{clientId}: a registration as in SIMULATOR_APPS. */
export function readAppOrder(clientId: string, raw: unknown): RegisteredApp {
  if (!isObject(raw)) return refuse(['the body must be a JSON object']);
  try {
    return readRegisteredApp({ ...raw, clientId });
  } catch (error) {
    return refuse([(error as Error).message]);
  }
}

function validated<T extends object>(type: new () => T, raw: unknown): T {
  if (!isObject(raw)) refuse(['the body must be a JSON object']);
  const order = plainToInstance(type, raw);
  refuse(messagesOf(validateSync(order, { whitelist: true, forbidNonWhitelisted: true })));
  return order;
}

function messagesOf(errors: readonly ValidationError[], path = ''): string[] {
  return errors.flatMap(({ property, constraints, children }) => [
    ...Object.values(constraints ?? {}).map((message) => `${path}${property}: ${message}`),
    ...messagesOf(children ?? [], `${path}${property}.`),
  ]);
}

function refuse(faults: [string, ...string[]]): never;
function refuse(faults: readonly string[]): void;
function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new BadRequestException({ faults });
}
