import { IsIn, IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';

export const TARGETS = ['create', 'token', 'jwks', 'callback', 'keepAlive', 'end'] as const;
export type FaultTarget = (typeof TARGETS)[number];
export const MOMENTS = ['received', 'created', 'answered'] as const;
export type FaultMoment = (typeof MOMENTS)[number];
export const ACTIONS = [
  'status',
  'hold',
  'reset-before-read',
  'reset-after-read',
  'create-then-reset',
  'create-then-500',
  'truncate-201',
  'never-answer',
  'kill',
  'drop',
  'empty',
  'duplicate',
  'delay',
  'reorder',
] as const;
export type FaultAction = (typeof ACTIONS)[number];
/** Facts about an occasion that `match` may name. */
const FACTS = ['callId', 'attempt', 'tenantId', 'appId', 'clientId', 'graphCallId', 'kind', 'state', 'direction'];
const DAY_MS = 24 * 60 * 60 * 1_000;

/** The body of POST /simulator/faults. */
export class FaultOrder {
  @IsIn(TARGETS, { message: `must be one of ${TARGETS.join(', ')}` })
  on!: FaultTarget;

  @IsOptional()
  @IsIn(MOMENTS, { message: `must be one of ${MOMENTS.join(', ')}` })
  when?: FaultMoment;

  @IsIn(ACTIONS, { message: `must be one of ${ACTIONS.join(', ')}` })
  action!: FaultAction;

  /** How often it strikes; null until it is deleted. */
  @IsOptional()
  @IsInt()
  @Min(1)
  times?: number | null = 1;

  /** It strikes only where all of these facts are so. */
  @IsOptional()
  @IsObject()
  match?: Record<string, unknown> = {};

  /** For `status`. */
  @IsOptional()
  @IsInt()
  @Min(200)
  @Max(599)
  status?: number;

  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  /** For `status`: text is sent as it is, anything else as JSON. */
  @IsOptional()
  body?: unknown;

  /** For `hold`, `delay` and `reorder`, milliseconds; `hold` without it lasts until the faults are deleted. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  ms?: number;

  /** For `kill`: a process of this machine. */
  @IsOptional()
  @IsInt()
  @Min(2)
  pid?: number;

  @IsOptional()
  @IsIn(['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGCONT'])
  signal?: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' = 'SIGKILL';

  /** For `truncate-201`: what is still sent. */
  @IsOptional()
  @IsIn(['status-line', 'headers', 'half-body'])
  cut?: 'status-line' | 'headers' | 'half-body' = 'half-body';

  /** For `duplicate`: how often the callback is sent in all. */
  @IsOptional()
  @IsInt()
  @Min(2)
  @Max(100)
  count?: number = 2;
}

/** What is wrong with an order that its members' own rules do not see; empty if nothing. Pure. */
export function contradictionsOf(order: FaultOrder): string[] {
  const faults: string[] = [];
  const rule = RULES[order.action];
  if (!rule.on.includes(order.on)) faults.push(`action: ${order.action} works on ${rule.on.join(', ')} only`);
  const moments: readonly FaultMoment[] =
    order.on === 'create' ? rule.moments : rule.moments.filter((moment) => moment === 'received');
  if (order.when !== undefined && !moments.includes(order.when)) {
    faults.push(`when: ${order.action} on ${order.on} happens at ${moments.join(' or ')} only`);
  }
  if (order.action === 'status' && order.status === undefined) faults.push('status: is required for the action status');
  if (order.action === 'kill' && order.pid === undefined) faults.push('pid: is required for the action kill');
  if (order.pid === process.pid) faults.push('pid: is the simulator itself');
  return [...faults, ...unknownFactsOf(order.match ?? {})];
}

/** A misspelt fact would never match, and nobody would notice. */
export function unknownFactsOf(match: Readonly<Record<string, unknown>>): string[] {
  const unknown = Object.keys(match).filter((name) => !FACTS.includes(name));
  return unknown.map((name) => `match.${name}: is unknown; known are ${FACTS.join(', ')}`);
}

/** When an order takes effect if it does not say so itself. */
export function momentOf(order: FaultOrder): FaultMoment {
  return order.when ?? RULES[order.action].moments[0];
}

interface Rule {
  readonly on: readonly FaultTarget[];
  /** The first is the default; all but create know only `received`. */
  readonly moments: readonly [FaultMoment, ...FaultMoment[]];
}

const REQUESTS: readonly FaultTarget[] = ['create', 'token', 'jwks', 'keepAlive', 'end'];
const RULES: Readonly<Record<FaultAction, Rule>> = {
  status: { on: REQUESTS, moments: ['received', 'created'] },
  hold: { on: REQUESTS, moments: ['received', 'created'] },
  'reset-before-read': { on: ['create'], moments: ['received'] },
  'reset-after-read': { on: REQUESTS, moments: ['received'] },
  'create-then-reset': { on: ['create'], moments: ['created'] },
  'create-then-500': { on: ['create'], moments: ['created'] },
  'truncate-201': { on: ['create'], moments: ['created'] },
  'never-answer': { on: REQUESTS, moments: ['received', 'created'] },
  kill: { on: [...REQUESTS, 'callback'], moments: ['received', 'created', 'answered'] },
  drop: { on: ['callback'], moments: ['received'] },
  empty: { on: ['callback'], moments: ['received'] },
  duplicate: { on: ['callback'], moments: ['received'] },
  delay: { on: ['callback'], moments: ['received'] },
  reorder: { on: ['callback'], moments: ['received'] },
};
