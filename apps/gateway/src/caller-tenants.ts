/** Application id of a caller → tenants that it may act in, all in lower case. */
export type TenantsByCaller = ReadonlyMap<string, readonly string[]>;

/** @returns null for anything but an object of lists of text */
export function readTenantsByCaller(value: unknown): TenantsByCaller | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value as Record<string, unknown>);
  if (!entries.every(([, tenants]) => isListOfText(tenants))) return null;
  return new Map(
    entries.map(([appId, tenants]) => [
      appId.toLowerCase(),
      [...new Set((tenants as string[]).map((tenant) => tenant.toLowerCase()))],
    ]),
  );
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}
