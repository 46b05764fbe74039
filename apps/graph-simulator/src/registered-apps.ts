import { CALLING_ROLES } from '@callbus/graph';
import { isObject, textAt } from './graph-call.js';

/** An app registration: a `bot` calls Graph, a `caller` calls the gateway. */
export interface RegisteredApp {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly kind: 'bot' | 'caller';
  readonly displayName: string;
  /** What its tokens for the resource of its kind carry. */
  readonly roles: readonly string[];
}

const DEFAULT_ROLES: Readonly<Record<RegisteredApp['kind'], readonly string[]>> = {
  bot: CALLING_ROLES,
  caller: ['Calls.Create', 'Calls.Read', 'Calls.End'],
};

/** Reads SIMULATOR_APPS. @throws Error that names the first fault */
export function readRegisteredApps(value: unknown): readonly RegisteredApp[] {
  if (!Array.isArray(value)) throw new Error('must be a JSON list');
  return value.map((app: unknown, index) => {
    const kind = textAt(app, 'kind');
    const [clientId, clientSecret] = [textAt(app, 'clientId'), textAt(app, 'clientSecret')];
    if (!isObject(app) || !clientId || !clientSecret) throw new Error(`[${index}] must have clientId and clientSecret`);
    if (kind !== 'bot' && kind !== 'caller') throw new Error(`[${index}].kind must be bot or caller`);
    const roles = app['roles'] ?? DEFAULT_ROLES[kind];
    if (!isListOfText(roles)) throw new Error(`[${index}].roles must be a list of text`);
    return { clientId, clientSecret, kind, roles, displayName: textAt(app, 'displayName') ?? 'Calling Bot' };
  });
}

export function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
