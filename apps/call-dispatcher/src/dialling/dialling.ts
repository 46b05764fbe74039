import type { AppTokens } from '@callbus/graph';
import type { Attempts } from './attempts.js';
import type { RoleCheck } from './role-check.js';

/**
 * What dials a call: its attempt, the token that it needs, and the check of that token's roles. A class, not an interface, because
 * Nest injects it.
 */
export abstract class Dialling {
  abstract readonly attempts: Attempts;
  abstract readonly tokens: Pick<AppTokens, 'atHand' | 'youngerThan' | 'trouble'>;
  abstract readonly roles: RoleCheck;
}
