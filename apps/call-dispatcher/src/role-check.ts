import type { LedgerCommand } from '@callbus/contracts';
import { refusalForRoles, type AppToken, type AppTokens, type GraphError } from '@callbus/graph';

/** A token of that age counts against a call; so there is one request for a younger one per app, tenant and minute. */
const YOUNG_MS = 60_000;

type RolesOfToken = Pick<AppToken, 'roles'>;

/** Whether the app's token carries the roles that a call needs, asked before the call is dialled. */
export class RoleCheck {
  constructor(
    private readonly tokens: Pick<AppTokens, 'youngerThan'>,
    /** Off, Graph alone decides: consent that is given for one chat or meeting is in no token. */
    private readonly isOn: boolean,
  ) {}

  isPassed({ call }: LedgerCommand, token: RolesOfToken): boolean {
    return !this.isOn || refusalForRoles(call, token) === null;
  }

  /**
   * What is to be said of a call that did not pass. Consent may be younger than the token that it failed by, so another is asked for.
   * @returns null when it may pass with the token that is at hand now
   * @throws GraphTokenError
   */
  async refusal(command: LedgerCommand): Promise<GraphError | null> {
    return refusalForRoles(command.call, await this.tokens.youngerThan(command, YOUNG_MS));
  }
}
