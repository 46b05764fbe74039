import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

/** Whose callbacks arrive on a path: one attempt of one call of one app in one tenant. */
export interface CallbackAddress {
  readonly appId: string;
  readonly tenantId: string;
  readonly callId: string;
  readonly attempt: number;
}

const PATH = /^\/v1\/callbacks\/([0-9a-f-]{36})\/([0-9a-f-]{36})\/([0-9a-f-]{36})\/([1-9]\d{0,5})\/([\w-]{43})$/;

/** @param keys base64url; the first one signs, every one is accepted while they are rotated */
export class CallbackPaths {
  private readonly keys: readonly KeyObject[];

  constructor(keys: readonly string[]) {
    const bytes = keys.map((key) => Buffer.from(key, 'base64url'));
    if (bytes.length === 0 || bytes.some((key) => key.length < 32)) {
      throw new RangeError('CALLBACK_MAC_KEYS needs at least one key, each of at least 32 bytes in base64url');
    }
    // Made once: of bytes, createHmac would make one for every path, at ten times the cost of the mac.
    this.keys = bytes.map((key) => createSecretKey(key));
  }

  /** The path of an attempt's own callback URI, to be put after CALLBACK_PUBLIC_URL. */
  pathFor(address: CallbackAddress): string {
    const { appId, tenantId, callId, attempt } = address;
    return `/v1/callbacks/${appId}/${tenantId}/${callId}/${String(attempt)}/${this.mac(this.keys[0] as KeyObject, address).toString('base64url')}`;
  }

  /** @returns the address, or null if the path is not one that we have given out */
  read(path: string): CallbackAddress | null {
    const match = PATH.exec(path);
    if (match === null) return null;
    const [, appId, tenantId, callId, attempt, mac] = match as unknown as [string, string, string, string, string, string];
    const address = { appId, tenantId, callId, attempt: Number(attempt) };
    const given = Buffer.from(mac, 'base64url');
    return this.keys.some((key) => timingSafeEqual(this.mac(key, address), given)) ? address : null;
  }

  private mac(key: KeyObject, { appId, tenantId, callId, attempt }: CallbackAddress): Buffer {
    return createHmac('sha256', key)
      .update(`${appId}\n${tenantId}\n${callId}\n${String(attempt)}`)
      .digest();
  }
}
