export const CALLS_PATH = 'v1.0/communications/calls';

/** What to tell those who ask at another path: `/beta`, `/communication/calls`, `/v1.0/app/calls`, an action of Graph's. */
export const PATHS_HINT = `Calls are at /${CALLS_PATH} and /${CALLS_PATH}/{id}; below a call are /participants and /events.`;

/** The addresses that callers are told. None is made of a request’s Host or X-Forwarded-Host: whoever sends it chooses these. */
export class CallUrls {
  private readonly base: string;

  /** @param publicUrl without it the addresses are paths, which a client resolves against the address that it asked */
  constructor(publicUrl: string | undefined) {
    this.base = publicUrl?.replace(/(?<!\/)\/+$/, '') ?? '';
  }

  /** @param below the address of all calls */
  of(below: string, query: Readonly<Record<string, string>> = {}): string {
    const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.base}/${CALLS_PATH}${below}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
  }
}
