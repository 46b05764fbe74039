import { AuthError, type INetworkModule, type NetworkRequestOptions, type NetworkResponse } from '@azure/msal-node';
import { Agent, request } from 'undici';
import { timed, type OnExchange } from '../http/exchange.js';
import { isObject, parseJson } from '../json-value.js';
import { retryAfterMsOf } from '../http/response-headers.js';
import { messageOf } from '../errors.js';

/**
 * The token endpoint did not do its work. It is an error of msal's own family, since msal hides any other behind
 * «network_error», and it is thrown for 429 and 5xx too, since msal would otherwise refuse by itself for the next minute.
 */
export class TokenEndpointFailure extends AuthError {
  constructor(
    message: string,
    options?: ErrorOptions,
    /** The endpoint's `Retry-After`, ms; 0 when it sent none. */
    readonly retryAfterMs: number = 0,
  ) {
    super('token_endpoint_failure', '', message);
    // msal's constructor sets the prototype of its own class.
    Object.setPrototypeOf(this, TokenEndpointFailure.prototype);
    this.name = 'TokenEndpointFailure';
    this.cause = options?.cause;
  }
}

/** What msal asks for, since it has all else from its configuration. */
const TOKEN_PATH = '/{tenantId}/oauth2/v2.0/token';

/** How msal reaches the token endpoint: with a time limit, which its own client lacks on POST, and without following redirects. */
export class TokenEndpointClient implements INetworkModule {
  private readonly agent: Agent;

  constructor(
    private readonly timeoutMs: number,
    private readonly onExchange?: OnExchange,
  ) {
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
    const { status, headers, text } = await timed(
      { method, urlTemplate: TOKEN_PATH },
      this.onExchange,
      () => this.exchange(method, url, options),
      (answer) => answer.status,
    );
    const body = parseJson(text);
    if (status === 429 || status >= 500 || !isObject(body)) {
      const retryAfterMs = headers['retry-after'] === undefined ? 0 : retryAfterMsOf(headers);
      throw new TokenEndpointFailure(`it answered ${status}${isObject(body) ? '' : ' without a JSON object'}`, {}, retryAfterMs);
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
      throw new TokenEndpointFailure(messageOf(error), { cause: error });
    }
  }
}
