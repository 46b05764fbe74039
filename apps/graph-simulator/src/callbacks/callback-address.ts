/** Whose callback an address is for, where it has the form of design §2: …/v1/callbacks/{appId}/{tenantId}/{callId}/{attempt}/{mac}. */
export interface CallbackAddress {
  readonly appId: string;
  readonly tenantId: string;
  readonly callId: string;
  readonly attempt: number;
}

const FORM = /\/v1\/callbacks\/([^/]+)\/([^/]+)\/([^/]+)\/(\d{1,9})\/[^/]+$/;

/** @returns null for an address of any other form: Graph takes every https address */
export function readCallbackAddress(callbackUri: unknown): CallbackAddress | null {
  if (typeof callbackUri !== 'string' || !URL.canParse(callbackUri)) return null;
  const [, appId, tenantId, callId, attempt] = FORM.exec(new URL(callbackUri).pathname) ?? [];
  if (appId === undefined || tenantId === undefined || callId === undefined) return null;
  return { appId, tenantId, callId, attempt: Number(attempt) };
}
