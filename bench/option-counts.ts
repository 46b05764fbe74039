import { parseArgs } from 'node:util';

/**
 * Reads options that are whole numbers from 1, as `--calls 20`.
 * @param defaults by the options' names
 * @returns null when help was asked for
 * @throws Error that names the option
 */
export function readCounts<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Readonly<Record<Name, number>> | null {
  const names = Object.keys(defaults) as Name[];
  const text = { type: 'string' } as const;
  const options = { ...Object.fromEntries(names.map((name) => [name, text])), help: { type: 'boolean' } as const };
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values;
  if (values['help'] === true) return null;
  return Object.fromEntries(names.map((name) => [name, count(name, values[name] ?? defaults[name])])) as Record<Name, number>;
}

function count(name: string, given: unknown): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number from 1, but is «${String(given)}»`);
  return value;
}
