import { setTimeout as sleep } from 'node:timers/promises';
import { endLeftovers } from './leftovers.js';
import { isRunning } from './process-identity.js';
import { readRegister } from './process-register.js';

/**
 * A process of its own beside the launcher. Its standard input is a pipe whose other end only the launcher holds, so it
 * reads the end of it when the launcher is gone, however it went: then it ends what is still in the register.
 * After an orderly stop there is nothing left to end. Arguments: the state folder, the launcher's pid.
 */
const [home = '', ownerPid = ''] = process.argv.slice(2);

process.stdin.resume();
process.stdin.once('end', () => void endWhatIsLeft());
process.stdin.once('error', () => void endWhatIsLeft());

async function endWhatIsLeft(): Promise<void> {
  const register = readRegister(home);
  if (register?.owner.pid !== Number(ownerPid)) return;
  // The pipe closes a moment before the launcher's process is gone.
  while (isRunning(register.owner)) await sleep(20);
  await endLeftovers(home);
}
