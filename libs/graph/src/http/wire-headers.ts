/** Names in lower case, as Node's HTTP gives them. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first, where a header came several times. */
export function headerOf(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}
