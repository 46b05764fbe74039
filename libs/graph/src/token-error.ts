import { ServerError } from '@azure/msal-node';
import { GraphTokenError } from './errors.js';

interface TokenRequest {
  readonly authority: string;
  readonly clientId: string;
  readonly tenantId: string;
}

/** What to do about each of the codes that a token endpoint answers to client credentials. */
const ADVICE: Readonly<Record<string, string>> = {
  invalid_client: 'check the client secret of the app registration: wrong, expired, or of another app',
  unauthorized_client: 'the tenant does not know the app: let one of its administrators consent to it, or check the client id',
  invalid_scope: 'check the scope: the resource’s identifier followed by /.default',
  invalid_resource: 'the tenant does not know the resource in the scope: check the scope and the cloud of the authority',
  invalid_request: 'check the tenant id: the authority does not know such a tenant',
};

/** Turns whatever msal threw into an error that says what to do. The endpoint's own words are kept, the request's are not. */
export function tokenErrorOf(error: unknown, { authority, clientId, tenantId }: TokenRequest): GraphTokenError {
  const who = `app ${clientId} in tenant ${tenantId}`;
  if (error instanceof ServerError) {
    const advice = ADVICE[error.errorCode] ?? 'look the code up among the error codes of Microsoft Entra';
    const said = /AADSTS\d+:[^\r\n]*?(?=\s*(?:Trace ID|- Correlation ID|$))/.exec(error.errorMessage)?.[0];
    const message = `${authority} refuses a token for ${who} (${error.errorCode}): ${advice}.${said ? ` It says: ${said}` : ''}`;
    return new GraphTokenError('TOKEN_REFUSED', message, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${authority} gave no token for ${who}: ${reason}. Check that it can be reached; it is asked again by itself.`;
  return new GraphTokenError('TOKEN_UNAVAILABLE', message, { cause: error });
}
