import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExampleNumber } from '../arguments.js';
import { DEVELOPMENT } from '../identities/development-identities.js';
import { StackError } from '../errors.js';
import { PROJECT_ROOT } from '../places.js';
import type { StackFile } from '../stack-file.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** Whom a demo call is for, in place of the people of Microsoft's examples. */
export interface DemoSubject {
  readonly tenantId: string;
  readonly appId: string;
  /** Object ids of users, one for each that the example calls; the example's own when absent. */
  readonly userIds?: readonly string[];
  readonly applicationInstanceId?: string;
  /** E.164. */
  readonly phoneNumber?: string;
  /** Of the meeting to join. */
  readonly threadId?: string;
  readonly organizerId?: string;
}

/** A create request of Microsoft's page, by its number there. */
export async function exampleRequest(example: ExampleNumber): Promise<JsonObject> {
  const file = join(PROJECT_ROOT, 'libs', 'graph', 'fixtures', 'create-call', `seed-ex${example}-request.json`);
  return JSON.parse(await readFile(file, 'utf8')) as JsonObject;
}

/**
 * The example with one's own tenant, app, users, numbers and meeting, as its page asks for. The callbackUri goes:
 * callbacks come to this installation, and subscribers read `calls.events`.
 */
export function demoRequest(example: JsonObject, subject: DemoSubject): JsonObject {
  const users = [...(subject.userIds ?? [])];
  const replaced = replaceIdentities(example, { ...subject, nextUserId: () => users.shift() }) as JsonObject;
  return {
    ...Object.fromEntries(Object.entries(replaced).filter(([name]) => name !== 'callbackUri')),
    tenantId: subject.tenantId,
  };
}

interface Replacements extends DemoSubject {
  readonly nextUserId: () => string | undefined;
}

function replaceIdentities(value: Json, by: Replacements, path: readonly string[] = []): Json {
  if (Array.isArray(value)) return value.map((element: Json) => replaceIdentities(element, by, path));
  if (typeof value !== 'object' || value === null) return replaceText(value, by, path);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, replaceIdentities(member, by, [...path, name])]),
  );
}

function replaceText(value: Json, by: Replacements, path: readonly string[]): Json {
  const [owner, name] = path.slice(-2);
  if (name === 'tenantId') return by.tenantId;
  if (name === 'threadId') return by.threadId ?? value;
  if (name !== 'id') return value;
  if (path.includes('organizer')) return by.organizerId ?? value;
  const replacement = {
    application: by.appId,
    applicationInstance: by.applicationInstanceId,
    phone: by.phoneNumber,
    user: owner === 'user' ? by.nextUserId() : undefined,
  }[owner ?? ''];
  return replacement ?? value;
}

/** The simulator calls whom the example names. A real tenant has users of its own: variables of .env or the shell name them. */
export function demoSubject(file: StackFile, example: ExampleNumber, variables: NodeJS.ProcessEnv): DemoSubject {
  const { tenantId } = file.caller;
  if (file.simulator !== undefined) return { tenantId, appId: DEVELOPMENT.botAppId };
  const needed = REAL_SUBJECT[example];
  const missing = ['GRAPH_APP_ID', ...needed].filter((name) => !variables[name]);
  if (missing.length > 0) {
    throw new StackError('ARGUMENTS', `To place example ${example} in a real tenant, set in .env: ${missing.join(', ')}.`);
  }
  const valueOf = (name: string): string => variables[name] ?? '';
  return {
    tenantId,
    appId: valueOf('GRAPH_APP_ID'),
    ...(needed.includes('DEMO_USER_IDS') && { userIds: valueOf('DEMO_USER_IDS').split(',') }),
    ...(needed.includes('DEMO_THREAD_ID') && { threadId: valueOf('DEMO_THREAD_ID'), organizerId: valueOf('DEMO_ORGANIZER_ID') }),
    ...(needed.includes('DEMO_PHONE_NUMBER') && {
      applicationInstanceId: valueOf('DEMO_APPLICATION_INSTANCE_ID'),
      phoneNumber: valueOf('DEMO_PHONE_NUMBER'),
    }),
  };
}

const USERS = ['DEMO_USER_IDS'];
const MEETING = ['DEMO_THREAD_ID', 'DEMO_ORGANIZER_ID'];
const TELEPHONE = ['DEMO_APPLICATION_INSTANCE_ID', 'DEMO_PHONE_NUMBER'];
const REAL_SUBJECT: Readonly<Record<ExampleNumber, readonly string[]>> = {
  1: USERS,
  2: USERS,
  3: USERS,
  4: USERS,
  5: MEETING,
  6: MEETING,
  7: TELEPHONE,
  8: TELEPHONE,
};
