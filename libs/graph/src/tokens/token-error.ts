import { AuthError, ServerError } from '@azure/msal-node';
import { FEDERATED_TOKEN_UNREADABLE, type AppCredential } from './app-credential.js';
import { GraphTokenError, messageOf } from '../errors.js';
import { TokenEndpointFailure } from './token-endpoint-client.js';

interface TokenRequest {
  readonly authority: string;
  readonly appId: string;
  readonly tenantId: string;
  readonly credential: AppCredential;
}

/** What to do about each of the codes that a token endpoint answers to client credentials. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthorized_client: 'the tenant does not know the app: let one of its administrators consent to it, or check the client id',
  invalid_scope: 'check the scope: the resource’s identifier followed by /.default',
  invalid_resource: 'the tenant does not know the resource in the scope: check the scope and the cloud of the authority',
  invalid_request: 'check the tenant id, and of a federated credential the issuer, subject and audience',
};

/** What to do when the endpoint does not believe that it is the app (`invalid_client`). */
const CREDENTIAL_ADVICE: Readonly<Record<AppCredential['kind'], string>> = {
  secret: 'check the client secret of the app registration: wrong, expired, or of another app',
  certificate: 'check the certificate: it must have been uploaded to this app registration and not have expired',
  federated:
    'check the federated credential of the app registration: issuer, subject and audience must be exactly those of the token in the file',
};

/** Turns whatever msal threw into an error that says what to do. The endpoint's own words are kept, the request's are not. */
export function tokenErrorOf(error: unknown, { authority, appId, tenantId, credential }: TokenRequest): GraphTokenError {
  const who = `app ${appId} in tenant ${tenantId}`;
  if (error instanceof ServerError) {
    const advice =
      error.errorCode === 'invalid_client'
        ? CREDENTIAL_ADVICE[credential.kind]
        : (ADVICE[error.errorCode] ?? 'look the code up among the error codes of Microsoft Entra');
    const said = wordsOf(error.errorMessage);
    const message = `${authority} refuses a token for ${who} (${error.errorCode}): ${advice}.${said ? ` It says: ${said}` : ''}`;
    return new GraphTokenError('TOKEN_REFUSED', message, { cause: error });
  }
  if (error instanceof AuthError && error.errorCode === FEDERATED_TOKEN_UNREADABLE) {
    const message = `There is no token for ${who}: ${error.errorMessage}. Check its path; it is read again by itself.`;
    return new GraphTokenError('TOKEN_UNAVAILABLE', message, { cause: error });
  }
  const reason = messageOf(error);
  const message = `${authority} gave no token for ${who}: ${reason}. Check that it can be reached; it is asked again by itself.`;
  const retryAfterMs = error instanceof TokenEndpointFailure ? error.retryAfterMs : 0;
  return new GraphTokenError('TOKEN_UNAVAILABLE', message, { cause: error }, retryAfterMs);
}

/** The first line of the endpoint's message, without the request ids that follow it. */
function wordsOf(message: string): string | undefined {
  return /AADSTS\d+:[^\r\n]*/
    .exec(message)?.[0]
    .split(/Trace ID|- Correlation ID/)[0]
    ?.trimEnd();
}
