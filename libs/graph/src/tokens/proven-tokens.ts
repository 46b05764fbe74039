import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';

interface Proof {
  readonly claims: JWTPayload;
  readonly keys: object;
  readonly untilMs: number;
}

/**
 * The claims of tokens whose signature was checked, for as long as the token lives and its keys are the current ones. A
 * token is known by its hash; it is not kept itself.
 */
export class ProvenTokens {
  private readonly proofs: LRUCache<string, Proof>;

  /** @param max how many are remembered; those used least lately go first */
  constructor(max: number) {
    this.proofs = new LRUCache({ max });
  }

  /** @param keys the keys that would check it now */
  claimsOf(token: string, keys: object, nowMs: number): JWTPayload | undefined {
    const proof = this.proofs.get(hashOf(token));
    return proof !== undefined && proof.keys === keys && nowMs < proof.untilMs ? proof.claims : undefined;
  }

  /** @param untilMs when the token counts as expired */
  add(token: string, claims: JWTPayload, keys: object, untilMs: number): void {
    this.proofs.set(hashOf(token), { claims, keys, untilMs });
  }
}

function hashOf(token: string): string {
  return hash('sha256', token, 'base64');
}
