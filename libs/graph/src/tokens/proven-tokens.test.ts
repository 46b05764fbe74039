import { ProvenTokens } from './proven-tokens.js';

const keys = {};
const claims = { tid: 'a' };

describe('ProvenTokens', () => {
  it('knows a token until it expires, and under the keys that proved it', () => {
    const proven = new ProvenTokens(10);
    proven.add('token', claims, keys, 1_000);
    expect(proven.claimsOf('token', keys, 999)).toBe(claims);
    expect(proven.claimsOf('token', keys, 1_000)).toBeUndefined();
    expect(proven.claimsOf('token', {}, 999)).toBeUndefined();
    expect(proven.claimsOf('tokeN', keys, 999)).toBeUndefined();
  });

  it('forgets those used least lately beyond its bound', () => {
    const proven = new ProvenTokens(2);
    for (const token of ['a', 'b']) proven.add(token, claims, keys, 1_000);
    proven.claimsOf('a', keys, 0);
    proven.add('c', claims, keys, 1_000);
    expect(['a', 'b', 'c'].filter((token) => proven.claimsOf(token, keys, 0))).toEqual(['a', 'c']);
  });

  it('does not keep the token itself', () => {
    const proven = new ProvenTokens(1);
    proven.add('secret', claims, keys, 1_000);
    expect(JSON.stringify([...proven['proofs'].keys()])).not.toContain('secret');
  });
});
