import { createPublicKey, X509Certificate } from 'node:crypto';
import { CALLING_ROLES, isObject } from '@callbus/graph';
import { memberAt, textAt } from '../calls/graph-call.js';

/** An app registration: a `bot` calls Graph, a `caller` calls the gateway. */
export interface RegisteredApp extends RegisteredCredentials {
  readonly clientId: string;
  readonly kind: 'bot' | 'caller';
  readonly displayName: string;
  /** What its tokens for the resource of its kind carry. */
  readonly roles: readonly string[];
}

/** What an app may prove itself with; at least one of them. */
export interface RegisteredCredentials {
  readonly clientSecret?: string;
  /** PEM of the certificate alone, as one uploads it. */
  readonly certificate?: string;
  readonly federatedCredential?: FederatedCredential;
}

/** Whose tokens count as the app's. Of the issuer's keys, this one is given, in place of an address to fetch them from. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** PEM. */
  readonly publicKey: string;
}

/** The app registrations there are. */
export class RegisteredApps {
  private readonly byId = new Map<string, RegisteredApp>();

  constructor(apps: readonly RegisteredApp[]) {
    for (const app of apps) this.put(app);
  }

  find(clientId: string): RegisteredApp | undefined {
    return this.byId.get(clientId.toLowerCase());
  }

  put(app: RegisteredApp): void {
    this.byId.set(app.clientId.toLowerCase(), app);
  }
}

const DEFAULT_ROLES: Readonly<Record<RegisteredApp['kind'], readonly string[]>> = {
  bot: CALLING_ROLES,
  caller: ['Calls.Create', 'Calls.Read', 'Calls.End'],
};
/** Entra's own for federated credentials. */
const TOKEN_EXCHANGE = 'api://AzureADTokenExchange';

/** Reads SIMULATOR_APPS. @throws Error that names the first fault */
export function readRegisteredApps(value: unknown): readonly RegisteredApp[] {
  if (!Array.isArray(value)) throw new Error('must be a JSON list');
  return value.map((app: unknown, index) => {
    try {
      return readRegisteredApp(app);
    } catch (error) {
      throw new Error(`[${index}] ${(error as Error).message}`, { cause: error });
    }
  });
}

/** @throws Error that names the first fault */
export function readRegisteredApp(app: unknown): RegisteredApp {
  const [clientId, kind] = [textAt(app, 'clientId'), textAt(app, 'kind')];
  if (!isObject(app) || !clientId) throw new Error('must have a clientId');
  if (kind !== 'bot' && kind !== 'caller') throw new Error('kind must be bot or caller');
  const roles = app['roles'] ?? DEFAULT_ROLES[kind];
  if (!isListOfText(roles)) throw new Error('roles must be a list of text');
  return { clientId, ...readCredentials(app), kind, roles, displayName: textAt(app, 'displayName') ?? 'Calling Bot' };
}

function readCredentials(app: object): RegisteredCredentials {
  const [clientSecret, certificate] = [textAt(app, 'clientSecret'), textAt(app, 'certificate')];
  const federated = memberAt(app, 'federatedCredential');
  if (!clientSecret && !certificate && federated === undefined) {
    throw new Error('must have clientSecret, certificate or federatedCredential');
  }
  return {
    ...(clientSecret && { clientSecret }),
    ...(certificate && { certificate: new X509Certificate(certificate).toString() }),
    ...(federated !== undefined && { federatedCredential: readFederatedCredential(federated) }),
  };
}

function readFederatedCredential(value: unknown): FederatedCredential {
  const [issuer, subject, publicKey] = [textAt(value, 'issuer'), textAt(value, 'subject'), textAt(value, 'publicKey')];
  if (!issuer || !subject || !publicKey) throw new Error('federatedCredential must have issuer, subject and publicKey');
  createPublicKey(publicKey);
  return { issuer, subject, publicKey, audience: textAt(value, 'audience') ?? TOKEN_EXCHANGE };
}

export function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
