import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AuthError, type NodeAuthOptions } from '@azure/msal-node';
import { messageOf } from '../errors.js';

/** How an app registration proves to the token endpoint who it is. */
export type AppCredential =
  | { readonly kind: 'secret'; readonly clientSecret: string }
  | { readonly kind: 'certificate'; readonly certificate: AppCertificate }
  /** A token of somebody whom the registration trusts, such as a Kubernetes cluster, in a file that is written anew as time goes by. */
  | { readonly kind: 'federated'; readonly tokenFile: string };

/** The certificate that was uploaded to the app registration, and its key. */
export interface AppCertificate {
  /** SHA-256 of the certificate, hexadecimal. */
  readonly thumbprintSha256: string;
  /** PEM. Secret. */
  readonly privateKey: string;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----/s;

/**
 * @param pem the certificate and its private key, in any order; certificates of its authorities may be among them
 * @throws Error that says what is wrong with it
 */
export function readAppCertificate(pem: string): AppCertificate {
  const key = privateKeyIn(pem);
  const certificates = (pem.match(CERTIFICATES) ?? []).map(certificateOf);
  if (certificates.length === 0) throw new Error('must be PEM with the certificate too, beside its private key');
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) throw new Error('must be PEM with a certificate that belongs to the private key');
  return {
    thumbprintSha256: own.fingerprint256.replaceAll(':', ''),
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function privateKeyIn(pem: string): KeyObject {
  const block = PRIVATE_KEY.exec(pem);
  if (block === null) throw new Error('must be PEM with the private key too, beside the certificate');
  let key: KeyObject;
  try {
    key = createPrivateKey(block[0]);
  } catch (error) {
    throw new Error('must be PEM with a private key that can be read without a passphrase', { cause: error });
  }
  if (key.asymmetricKeyType !== 'rsa') throw new Error('must have an RSA key: Microsoft Entra takes no other');
  return key;
}

function certificateOf(block: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (error) {
    throw new Error('must be PEM, and a certificate in it cannot be read', { cause: error });
  }
}

/** What a credential is configured by: exactly one of these. */
export interface CredentialSources {
  readonly clientSecret?: string | undefined;
  /** PEM of the certificate and its private key. */
  readonly certificate?: string | undefined;
  readonly federatedTokenFile?: string | undefined;
}

/** @throws Error when none is given, or a certificate cannot be read */
export function readCredential({ clientSecret, certificate, federatedTokenFile }: CredentialSources): AppCredential {
  if (clientSecret !== undefined) return { kind: 'secret', clientSecret };
  if (certificate !== undefined) return { kind: 'certificate', certificate: readAppCertificate(certificate) };
  if (federatedTokenFile !== undefined) return { kind: 'federated', tokenFile: federatedTokenFile };
  throw new Error('has no credential');
}

/** The code of the error of msal's family that says so. */
export const FEDERATED_TOKEN_UNREADABLE = 'federated_token_unreadable';

type ClientAuthentication = Pick<NodeAuthOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>;

/** The credential as msal takes it. */
export function clientAuthenticationOf(credential: AppCredential): ClientAuthentication {
  switch (credential.kind) {
    case 'secret':
      return { clientSecret: credential.clientSecret };
    case 'certificate':
      return { clientCertificate: credential.certificate };
    case 'federated':
      // Read for every request: whoever issues the token replaces it before it expires, within an hour as a rule.
      return { clientAssertion: () => readFederatedToken(credential.tokenFile) };
  }
}

async function readFederatedToken(tokenFile: string): Promise<string> {
  try {
    return (await readFile(tokenFile, 'utf8')).trim();
  } catch (error) {
    // Of an error that is not of its own family, msal puts the message into a header of its next request.
    const reason = messageOf(error);
    throw new AuthError(FEDERATED_TOKEN_UNREADABLE, '', `the federated token file cannot be read: ${reason}`);
  }
}
