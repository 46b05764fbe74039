import { X509Certificate } from 'node:crypto';
import { readAppCertificate } from './app-credential.js';
import { appCertificate } from '../testing/app-certificate.js';

let own: Awaited<ReturnType<typeof appCertificate>>;
let other: Awaited<ReturnType<typeof appCertificate>>;

beforeAll(async () => {
  [own, other] = await Promise.all([appCertificate(), appCertificate()]);
});

describe('readAppCertificate', () => {
  it('finds the certificate of the key, whatever else is there and in whatever order', () => {
    const thumbprintSha256 = new X509Certificate(own.certificate).fingerprint256.replaceAll(':', '');
    const { certificate, privateKey } = own;
    for (const parts of [
      [certificate, privateKey],
      [privateKey, certificate],
      ['Bag Attributes', other.certificate, privateKey, certificate],
    ]) {
      expect(readAppCertificate(parts.join('\r\n')).thumbprintSha256).toBe(thumbprintSha256);
    }
  });

  it.each<[string, () => string | Promise<string>, RegExp]>([
    ['no key', () => own.certificate, /the private key too/],
    ['no certificate', () => own.privateKey, /the certificate too/],
    ['the key of another certificate', () => other.certificate + own.privateKey, /belongs to the private key/],
    ['a certificate that is none', () => `${own.privateKey}\n${broken('CERTIFICATE')}`, /cannot be read/],
    ['a key that needs a passphrase', () => `${own.certificate}\n${broken('ENCRYPTED PRIVATE KEY')}`, /without a passphrase/],
    ['a key that is not RSA', async () => Object.values(await appCertificate('ec')).join('\n'), /RSA/],
    ['text', () => 'secret', /must be PEM/],
  ])('refuses %s', async (_, pem, message) => {
    const text = await pem();
    expect(() => readAppCertificate(text)).toThrow(message);
  });
});

function broken(name: string): string {
  return `-----BEGIN ${name}-----\nAAAA\n-----END ${name}-----`;
}
