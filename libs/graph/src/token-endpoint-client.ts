import { AuthError, type INetworkModule, type NetworkRequestOptions, type NetworkResponse } from '@azure/msal-node';
import { Agent, request } from 'undici';
import { isObject, parseJson } from './json-value.js';

/**
 * The token endpoint did not do its work. It is an error of msal's own family, since msal hides any other behind
 * «network_error», and it is thrown for 429 and 5xx too, since msal would otherwise refuse by itself for the next minute.
 */
export class TokenEndpointFailure extends AuthError {
  constructor(message: string, options?: ErrorOptions) {
    super('token_endpoint_failure', '', message);
    this.name = 'TokenEndpointFailure';
    this.cause = options?.cause;
  }
}

/** How msal reaches the token endpoint: with a time limit, which its own client lacks on POST, and without following redirects. */
export class TokenEndpointClient implements INetworkModule {
  private readonly agent: Agent;

  constructor(private readonly timeoutMs: number) {
    this.agent = new Agent({ allowH2: false, connect: { timeout: timeoutMs }, maxResponseSize: 1024 * 1024 });
  }

  async sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.send('GET', url, options);
  }

  async sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.send('POST', url, options);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async send<T>(method: 'GET' | 'POST', url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    const { status, headers, text } = await this.exchange(method, url, options);
    const body = parseJson(text);
    if (status === 429 || status >= 500 || !isObject(body)) {
      throw new TokenEndpointFailure(`it answered ${status}${isObject(body) ? '' : ' without a JSON object'}`);
    }
    return { status, headers, body: body as T };
  }

  private async exchange(
    method: 'GET' | 'POST',
    url: string,
    options?: NetworkRequestOptions,
  ): Promise<{ status: number; headers: Record<string, string>; text: string }> {
    try {
      const answer = await request(url, {
        method,
        headers: options?.headers ?? {},
        body: options?.body ?? null,
        dispatcher: this.agent,
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) headers[name] = String(value);
      return { status: answer.statusCode, headers, text: await answer.body.text() };
    } catch (error) {
      throw new TokenEndpointFailure(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}
