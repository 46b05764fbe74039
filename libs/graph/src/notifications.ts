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

/** `resultInfo` of a call or an operation; the codes come as text at times, and `subCode` is a misspelling in use. */
export interface ResultInfo {
  readonly code?: number | string;
  readonly subcode?: number | string;
  readonly subCode?: number | string;
  readonly message?: string | null;
  readonly [member: string]: unknown;
}

/** The call's id in a resource path, absolute or not, with or without a leading slash; null if the path names no call. */
export function callIdOfResource(resourceUrl: string): string | null {
  return /(?:^|\/)calls\/([0-9a-z-]{1,128})(?:[/?#]|$)/i.exec(resourceUrl)?.[1] ?? null;
}

/** Graph writes one and the same id with dashes and without, in lower case and in upper. */
export function sameGraphId(a: string, b: string): boolean {
  return normalised(a) === normalised(b);
}

function normalised(id: string): string {
  return id.replaceAll('-', '').toLowerCase();
}
