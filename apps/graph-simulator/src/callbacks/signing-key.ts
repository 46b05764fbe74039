import { generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { createLocalJWKSet, exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose';

interface KeyPair {
  readonly kid: string;
  readonly verifier: ReturnType<typeof createLocalJWKSet>;
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK;
}

/** One signer's RSA key, made anew at every start, and the key document that proves its signatures. */
export class SigningKey {
  /** Made when it is first needed, and once: a flood of forgeries would else be held up by making keys. */
  private foreigner: Promise<KeyPair> | undefined;

  private constructor(private current: KeyPair) {}

  static async generate(): Promise<SigningKey> {
    return new SigningKey(await newPair());
  }

  /** From now on signs with a new key, and publishes that one only. */
  async rotate(): Promise<void> {
    this.current = await newPair();
  }

  /** Names the key that signs now. */
  kid(): string {
    return this.current.kid;
  }

  jwks(): { keys: JWK[] } {
    return { keys: [this.current.publicJwk] };
  }

  verifier(): KeyPair['verifier'] {
    return this.current.verifier;
  }

  async sign(claims: JWTPayload): Promise<string> {
    const { kid, privateKey } = this.current;
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey);
  }

  /** A signature that names this key, or one that nobody has published, and was made by another. */
  async signAsForeigner(claims: JWTPayload, kid = this.current.kid): Promise<string> {
    const { privateKey } = await (this.foreigner ??= newPair());
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey);
  }
}

async function newPair(): Promise<KeyPair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const kid = randomUUID();
  const publicJwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' };
  return { kid, privateKey, publicJwk, verifier: createLocalJWKSet({ keys: [publicJwk] }) };
}

/** The two that sign: Entra, whose tokens apps carry, and Graph, whose tokens callbacks carry. */
export class SigningKeys {
  constructor(
    readonly token: SigningKey,
    readonly callback: SigningKey,
  ) {}

  static async generate(): Promise<SigningKeys> {
    const [token, callback] = await Promise.all([SigningKey.generate(), SigningKey.generate()]);
    return new SigningKeys(token, callback);
  }
}
