import type { LedgerCommand } from '@callbus/contracts';
import { refusalForRoles, type AppToken, type AppTokens, type GraphError } from '@callbus/graph';

export interface RoleCheckRules {
  /** Off, Graph alone decides: consent that is given for one chat or meeting is in no token. */
  readonly isOn: boolean;
  /** A token up to this age counts against a call. So there is one request for a younger one per app, tenant and as much time. */
  readonly youngMs: number;
}

type RolesOfToken = Pick<AppToken, 'roles'>;

/** Whether the app's token carries the roles that a call needs, asked before the call is dialled. */
export class RoleCheck {
  constructor(
    private readonly tokens: Pick<AppTokens, 'youngerThan'>,
    private readonly rules: RoleCheckRules,
  ) {}

  isPassed({ call }: LedgerCommand, token: RolesOfToken): boolean {
    return !this.rules.isOn || refusalForRoles(call, token) === null;
  }

  /**
   * What is to be said of a call that did not pass. Consent may be younger than the token that it failed by, so another is asked for.
   * @returns null when it may pass with the token that is at hand now
   * @throws GraphTokenError
   */
  async refusal(command: LedgerCommand): Promise<GraphError | null> {
    return refusalForRoles(command.call, await this.tokens.youngerThan(command, this.rules.youngMs));
  }
}
