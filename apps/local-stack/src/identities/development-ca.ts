import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface DevelopmentCertificates {
  /** PEM file of the certificate authority that clients of the stack trust. */
  readonly caFile: string;
  /** PEM files of the certificate for localhost and 127.0.0.1, and of its key. */
  readonly certFile: string;
  readonly keyFile: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const VALID_DAYS = 365;
/** Certificates are made anew when they would end within this many days. */
const RENEW_DAYS = 7;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * A certificate authority of this stack alone, and one certificate by it for the https servers on this machine; reused
 * while they are valid. The authority's key is forgotten once it has signed, so it can sign nothing else.
 * @param now milliseconds since 1970
 * @param hosts names that the servers have beside localhost
 */
export async function developmentCertificates(
  folder: string,
  now: number,
  hosts: readonly string[] = [],
): Promise<DevelopmentCertificates> {
  const files = {
    caFile: join(folder, 'ca.pem'),
    certFile: join(folder, 'localhost.pem'),
    keyFile: join(folder, 'localhost.key'),
  };
  if (await areUsable(files, now, hosts)) return files;
  const made = await makeCertificates(now, hosts);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(files.keyFile, made.key, { mode: 0o600 });
  await writeFile(files.certFile, made.cert);
  await writeFile(files.caFile, made.ca);
  return files;
}

async function areUsable(
  { caFile, certFile, keyFile }: DevelopmentCertificates,
  now: number,
  hosts: readonly string[],
): Promise<boolean> {
  try {
    const [ca, cert] = [new X509Certificate(await readFile(caFile)), new X509Certificate(await readFile(certFile))];
    const key = createPrivateKey(await readFile(keyFile));
    const ends = Math.min(Date.parse(ca.validTo), Date.parse(cert.validTo));
    const isPair = cert.verify(ca.publicKey) && cert.checkPrivateKey(key);
    const isForAll = hosts.every((host) => cert.checkHost(host) !== undefined);
    return isForAll && isPair && ends - now > RENEW_DAYS * DAY_MS && Date.parse(ca.validFrom) <= now;
  } catch {
    return false;
  }
}

async function makeCertificates(
  now: number,
  hosts: readonly string[],
): Promise<{ readonly ca: string; readonly cert: string; readonly key: string }> {
  const caKeys = await newKeys();
  const keys = await newKeys();
  // A day back, for clients in containers and virtual machines whose clocks are behind.
  const validity = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + VALID_DAYS * DAY_MS) };
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: newSerial(),
    name: 'CN=callbus development CA',
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const cert = await X509CertificateGenerator.create({
    ...validity,
    serialNumber: newSerial(),
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        ...hosts.map((value) => ({ type: 'dns', value }) as const),
      ]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n`, key: pemOf('PRIVATE KEY', key) };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function newSerial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex');
}

function pemOf(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
