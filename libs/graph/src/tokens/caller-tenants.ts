import { ValidateBy } from 'class-validator';
import { isOfFormat } from '../call-model/text-formats.js';

/** A caller, `<tenant id of its tokens>/<application id>` → tenants that it may act in, all in lower case. */
export type TenantsByCaller = ReadonlyMap<string, readonly string[]>;

const SHAPE = 'must be a JSON object: "<tenant id of the caller’s tokens>/<application id>" → list of tenant ids';

/** The rule for a setting that holds them. */
export function AreTenantsByCaller(): PropertyDecorator {
  return ValidateBy({
    name: 'areTenantsByCaller',
    validator: {
      validate: (value: unknown) => faultOfTenantsByCaller(value) === null,
      defaultMessage: (about) => faultOfTenantsByCaller(about?.value) ?? '',
    },
  });
}

/** @returns null for a valid value, else what is wrong and how to write it */
export function faultOfTenantsByCaller(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return SHAPE;
  for (const [caller, tenants] of Object.entries(value)) {
    if (!Array.isArray(tenants)) return SHAPE;
    if (isOfFormat(caller, 'uuid')) return withoutTenant(caller, tenants);
    const wrong = [...callerIds(caller), ...(tenants as unknown[])].find((id) => !isOfFormat(id, 'uuid'));
    if (wrong !== undefined) return `${SHAPE}; ${JSON.stringify(wrong)} is no id`;
  }
  return null;
}

/** @param value a valid value */
export function readTenantsByCaller(value: unknown): TenantsByCaller {
  const entries = Object.entries(value as Record<string, readonly string[]>);
  return new Map(
    entries.map(([caller, tenants]) => [caller.toLowerCase(), [...new Set(tenants.map((tenant) => tenant.toLowerCase()))]]),
  );
}

/** The two ids of a key; a key of any other form whole, which is then no id. */
function callerIds(caller: string): readonly string[] {
  const ids = caller.split('/');
  return ids.length === 2 ? ids : [caller];
}

/**
 * The message for a key of an earlier release: the application id alone, which let that application act in the listed tenants
 * from any tenant of its own.
 */
function withoutTenant(appId: string, tenants: readonly unknown[]): string {
  const written = `{"<tenant id>/${appId}": ${JSON.stringify(tenants)}}`;
  return `must name the caller ${appId} with the tenant of its tokens, since other tenants may have that application too: ${written}`;
}
