/**
 * The body of a callback as Graph's schema describes it. Types only: nothing that arrives is promised to be so.
 * Field bodies lack members, write enums with other capitals and codes as text, and carry members that no schema has.
 * @see https://learn.microsoft.com/graph/api/resources/commsnotifications
 */
export interface CommsNotifications {
  readonly '@odata.type'?: string;
  readonly value?: readonly CommsNotification[];
}

export interface CommsNotification {
  readonly '@odata.type'?: string;
  /** created, updated or deleted; compare without regard to case. */
  readonly changeType?: string;
  /** `/communications/calls/{id}`, then perhaps `/participants`, `/operations/{id}`, `/contentsharingsessions`. */
  readonly resourceUrl?: string;
  /** The older alias, `/app/calls/{id}…`; old bodies carry it alone, newer ones beside `resourceUrl`. */
  readonly resource?: string;
  /** One entity, or a list of them (participants), or absent. */
  readonly resourceData?: NotifiedResource | readonly NotifiedResource[] | null;
  readonly [member: string]: unknown;
}

export interface NotifiedResource {
  readonly '@odata.type'?: string;
  readonly id?: string | null;
  readonly [member: string]: unknown;
}

/** What a resource path names: a call, and what of it. */
export interface CallResourcePath {
  readonly callId: string;
  /** `['operations', id]`; empty for the call itself. */
  readonly below: readonly string[];
}

/** OData's other way to address an element: `calls('id')` is `calls/id`. */
const KEY_PREDICATE = /\('([^'()/]{1,128})'\)/g;

/**
 * Reads a resource path, absolute or not, with or without a leading slash; null if it names no call.
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html section 4.3.1: `calls('id')`
 */
export function callResourcePath(resourceUrl: string): CallResourcePath | null {
  const path = resourceUrl.replaceAll(KEY_PREDICATE, '/$1');
  const [, callId, below] = /(?:^|\/)calls\/([0-9a-z-]{1,128})(?=[/?#]|$)([^?#]*)/i.exec(path) ?? [];
  if (callId === undefined || below === undefined) return null;
  return { callId, below: below.split('/').filter((segment) => segment !== '') };
}

/** Graph writes one and the same id with dashes and without, in lower case and in upper. */
export function sameGraphId(a: string, b: string): boolean {
  return plainGraphId(a) === plainGraphId(b);
}

/** The id in one way of writing, to compare and to look up by. */
export function plainGraphId(id: string): string {
  return id.replaceAll('-', '').toLowerCase();
}
