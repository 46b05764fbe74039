import type { LedgerCommand } from '@callbus/contracts';
import { Random } from '../random.js';
import { ModelDriver, type Variant } from './driver.js';
import { TENANT_ID, World } from './world.js';

export interface Verdict {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

const STEPS = 70;
/** Rounds within which everything comes to rest once nothing fails any more. */
const ROUNDS = 400;
const WAITS_MS = [0, 0, 10, 500, 5_000, 20_000, 60_000];

/** One call under one random schedule of everything that can go wrong, which the seed decides; then all heals. */
export function runSchedule(seed: number, variant: Variant): Verdict {
  const random = new Random(seed);
  const world = new World(random);
  const command: LedgerCommand = {
    tenantId: TENANT_ID,
    appId: TENANT_ID,
    notAfterMs: world.nowMs + random.pick([60_000, 300_000, 900_000]),
    ifUnknown: random.pick(['park', 'redial']),
    call: {},
  };
  const drivers = ['a', 'b', 'c'].map((name) => new ModelDriver(name, world, random, command, variant));
  const wantsEnd = random.next() < 0.3;
  let isCommitted = false;
  for (let step = 0; step < STEPS; step += 1) {
    world.nowMs += random.pick(WAITS_MS);
    const driver = random.pick(drivers);
    const luck = random.next();
    if (luck < 0.05) driver.crash();
    else if (luck < 0.09) {
      driver.pausedUntilMs = world.nowMs + random.pick([5_000, 45_000, 200_000]);
      world.note(`${driver.name} stands still`);
    } else if (luck < 0.12) world.landLate();
    else if (luck < 0.16) world.deliverCallback();
    else if (driver.isPaused) continue;
    else if (luck < 0.24 && (!isCommitted || random.next() < 0.2)) {
      // Also a command that was committed may come again.
      const mayCommit = driver.take();
      isCommitted ||= mayCommit && random.next() < 0.6;
    } else if (luck < 0.27) driver.release(random.between(1, 3));
    else if (luck < 0.31 && wantsEnd) driver.endRequested();
    else if (luck < 0.56) driver.read(random.pick([1, 2, Infinity]));
    else driver.act();
  }
  rest(
    world,
    drivers,
    () => isCommitted,
    (driver) => (isCommitted = driver.take(true)),
  );
  return { violations: violationsOf(world, variant), trace: world.trace };
}

/** Nothing fails any more: everybody reads everything and does all there is to do. */
function rest(
  world: World,
  drivers: readonly ModelDriver[],
  isCommitted: () => boolean,
  take: (driver: ModelDriver) => void,
): void {
  world.note('everything heals');
  for (const driver of drivers) driver.pausedUntilMs = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    world.landLate();
    world.deliverCallback();
    let isBusy = false;
    for (const driver of drivers) {
      driver.read(Infinity);
      if (!isCommitted()) take(driver);
      isBusy = driver.act(true) || isBusy || !driver.isIdle;
    }
    if (isBusy || !isCommitted()) continue;
    const dueAtMs = Math.min(...drivers.map((driver) => driver.dueAtMs()));
    if (dueAtMs === Infinity) return;
    world.nowMs = Math.max(world.nowMs, dueAtMs);
  }
}

function violationsOf(world: World, variant: Variant): string[] {
  const { dispatch, effectiveReleases, isBarrierKept } = world.fold();
  const found: string[] = [];
  const mayHaveDialled = world.posts.filter(
    ({ result }) => result.answer !== 401 && result.answer !== 429 && !(result.answer === 403),
  );
  if (mayHaveDialled.length > 1 + effectiveReleases) {
    found.push(`${String(mayHaveDialled.length)} POSTs may have dialled, ${String(effectiveReleases)} releases took effect`);
  }
  if (variant === 'post-then-commit') return found;
  if (!isBarrierKept) found.push('a release took effect for an attempt that was not parked');
  for (const { attempt, nonce } of world.posts) {
    const own = world.posts.filter((one) => one.nonce === nonce && one.attempt === attempt).length;
    if (own > 1) found.push(`attempt ${String(attempt)} was POSTed ${String(own)} times under one permission`);
    if (dispatch?.attempts.some((one) => one.nonce === nonce && one.attempt === attempt) !== true)
      found.push(`attempt ${String(attempt)} was POSTed without an Intent that took effect`);
  }
  const phase = dispatch?.phase ?? 'none';
  const isCreated = world.posts.some(({ result }) => result.isCreated);
  if (isCreated && ['rejected', 'expired', 'cancelled', 'invalid'].includes(phase))
    found.push(`a call that was created is folded as ${phase}`);
  const isToldCreated = world.log.some(({ record }) => record.type === 'Created');
  if (isToldCreated && phase !== 'created') found.push(`Created is in the ledger and the call is ${phase}`);
  if (['none', 'announced', 'waiting', 'open'].includes(phase)) found.push(`there is no lasting outcome: ${phase}`);
  return [...new Set(found)];
}
