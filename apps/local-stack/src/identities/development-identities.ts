/**
 * Who is who in a development stack. The ids are fixed, so that examples and documentation can name them;
 * the secrets are not (development-secrets.ts).
 */
export const DEVELOPMENT = {
  tenantId: '8d6f3f0e-5b0c-4c8e-9a43-6f1d3c2b7a10',
  /** The app registration that calls Graph. */
  botAppId: '2891555a-92ff-42e6-80fa-6e1300c6b5c6',
  /** The app registration that calls the gateway. */
  callerAppId: '5f1c9b7e-0d2a-4e63-8b57-9c4e1a6d2f38',
  gatewayAudience: 'api://callbus',
  /** Whose media the examples of Microsoft’s page play. */
  mediaHost: 'cdn.contoso.com',
} as const;
