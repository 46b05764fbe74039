export const CALLS_PATH = 'v1.0/communications/calls';

/** The hint in a 404 for any other path, such as `/beta`, `/communication/calls`, `/v1.0/app/calls` or an action of Graph's. */
export const PATHS_HINT = `Calls are at /${CALLS_PATH} and /${CALLS_PATH}/{id}; below a call are /participants and /events.`;

/** The addresses in responses. They never contain a request’s Host or X-Forwarded-Host, which its sender chooses. */
export class CallUrls {
  private readonly base: string;

  /** @param publicUrl without it the addresses are paths, which a client resolves against the address that it requested */
  constructor(publicUrl: string | undefined) {
    this.base = publicUrl?.replace(/(?<!\/)\/+$/, '') ?? '';
  }

  /** @param below path below the collection of all calls */
  of(below: string, query: Readonly<Record<string, string>> = {}): string {
    const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.base}/${CALLS_PATH}${below}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
  }
}
