import { describeRange } from '@callbus/kafka';
import type { Installation } from '../installation/installation.js';
import { findDamage } from '../topics/damage.js';
import { failed, finding, ok, skipped, warning, type Finding } from './finding.js';

export const READABILITY = 'records of the topics';
const ADVICE = '«callbus topics repair» shows what can be done.';

/** Checks that every record of every topic can be read, within the time limit of one check. */
export async function readabilityFindings(installation: Installation): Promise<readonly Finding[]> {
  const { doctorTimeoutMs } = installation.settings;
  const late = skipped(READABILITY, `they cannot be read in ${doctorTimeoutMs} ms`, '«callbus topics repair» takes its time.');
  const advice = 'Allow this principal to Read the topics.';
  return finding(READABILITY, doctorTimeoutMs + 1_000, advice, async () => {
    const tooLate = new Promise<null>((resolve) => setTimeout(resolve, doctorTimeoutMs, null).unref());
    const damage = await Promise.race([findDamage(installation), tooLate]);
    if (damage === null) return late;
    if (damage.length === 0) return ok(READABILITY, 'each of them can be read');
    return damage.map((one) => {
      const found = `${describeRange(one)}: ${one.reason}`;
      if (one.isOrdered) return ok(READABILITY, `${found}; an operator has ordered to pass over it`);
      // Without an order to give, the services go on.
      return one.order === null ? warning(READABILITY, found, one.mend) : failed(READABILITY, found, ADVICE);
    });
  });
}
