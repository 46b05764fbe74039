import type { AppTokens } from '@callbus/graph';
import type { Attempts } from './attempts.js';
import type { RoleCheck } from './role-check.js';

/**
 * The parts that the inbox and the driver use to dial: the attempts, the tokens, and the check of a token's roles. Nest injects it, so
 * it is a class and no interface.
 */
export abstract class Dialling {
  abstract readonly attempts: Attempts;
  abstract readonly tokens: Pick<AppTokens, 'atHand' | 'youngerThan' | 'trouble'>;
  abstract readonly roles: RoleCheck;
}
