import 'reflect-metadata';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate as one uploads it to an app registration, and its private key, both PEM. */
export async function appCertificate(
  kind: 'rsa' | 'ec' = 'rsa',
  name = 'calling bot',
): Promise<{ certificate: string; privateKey: string }> {
  const signingAlgorithm = kind === 'rsa' ? RSA : ECDSA;
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: `CN=${name}`, signingAlgorithm, keys });
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: certificate.toString('pem'), privateKey: key };
}
