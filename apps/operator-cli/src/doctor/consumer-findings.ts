import { type GroupSpec } from '@callbus/contracts';
import { failed, ok, type Finding } from './finding.js';

export interface Consumers {
  readonly group: GroupSpec;
  /** Processes that share the topic out among them. */
  readonly members: number;
  /** Records that none of them has done with. */
  readonly waiting: bigint;
}

/** Whether somebody takes what is written for a service. One that stands still is no member any more after its session. */
export function consumerFinding({ group, members, waiting }: Consumers): Finding {
  const check = `consumers of ${group.topic.name}`;
  const wait = `${waiting} records wait`;
  if (members > 0) return ok(check, `${members} of ${group.service}; ${wait}`);
  const advice = `Start ${group.service}, or see its readiness and the last lines of its log.`;
  return failed(check, `no process of ${group.service} is in the group ${group.name}; ${wait}`, advice);
}
