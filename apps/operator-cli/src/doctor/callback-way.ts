import type { OperatorSettings } from '../installation/operator-settings.js';
import { jsonIn } from '../screen/masked.js';
import { callbackFinding } from './callback-findings.js';
import { clockFinding, spanOfDate } from './clock-findings.js';
import { finding, ok, skipped, type Finding } from './finding.js';
import { httpsGet, type HttpsAnswer } from './https-get.js';

/** An address below the receiver's that no attempt was ever given. */
const NEVER_GIVEN_OUT = '/v1/callbacks/doctor';

/** Whether callbacks can arrive, and be told from others. */
export async function callbackWayFindings(settings: OperatorSettings): Promise<readonly Finding[]> {
  const { callbackPublicUrl, callbackOpenIdUrl, doctorTimeoutMs: timeoutMs, certificateDays } = settings;
  const unset = skipped('callback address', 'CALLBACK_PUBLIC_URL is not set', 'Set it as the dispatcher has it.');
  const advice =
    'See that the address leads to the receiver, and that its certificate is whole, in time, for this name and from an authority that Graph trusts.';
  const arrival =
    callbackPublicUrl === undefined
      ? [unset]
      : await finding('callback address', timeoutMs, advice, async () => {
          const url = callbackPublicUrl + NEVER_GIVEN_OUT;
          const answer = await httpsGet(url, timeoutMs);
          return [
            callbackFinding(url, answer, { nowMs: Date.now(), certificateDays }),
            ...clockOf('the callback address', answer, settings),
          ];
        });
  const keysAdvice = 'Correct CALLBACK_OPENID_URL, or let the receiver out to it: without keys no callback can be taken.';
  const keys = await finding('callback keys', timeoutMs, keysAdvice, async () => {
    const count = await countKeys(callbackOpenIdUrl, timeoutMs);
    return ok('callback keys', `there are ${count} behind ${callbackOpenIdUrl}`);
  });
  return [...arrival, ...keys];
}

/** @throws Error that says which of the two documents cannot be used and why */
async function countKeys(openIdUrl: string, timeoutMs: number): Promise<number> {
  const { jwks_uri: jwksUri } = await readDocument(openIdUrl, timeoutMs);
  if (typeof jwksUri !== 'string') throw new Error(`${openIdUrl} names no jwks_uri`);
  const { keys } = await readDocument(jwksUri, timeoutMs);
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${jwksUri} has no keys`);
  return keys.length;
}

async function readDocument(url: string, timeoutMs: number): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await httpsGet(url, timeoutMs);
  if (status !== 200) throw new Error(`${url} answers ${status}`);
  const document = jsonIn(Buffer.from(body));
  if (typeof document !== 'object' || document === null) throw new Error(`${url} answers with no JSON object`);
  return document as Readonly<Record<string, unknown>>;
}

/** The clock of whoever gives the tokens, by which they begin and end. */
export async function authorityClockFindings(settings: OperatorSettings): Promise<readonly Finding[]> {
  const { graphAuthority, doctorTimeoutMs: timeoutMs } = settings;
  const advice = 'See that GRAPH_AUTHORITY can be reached from here.';
  return finding('clock of the authority', timeoutMs, advice, async () => {
    const answer = await httpsGet(`${graphAuthority}/common/v2.0/.well-known/openid-configuration`, timeoutMs);
    return clockOf('the authority', answer, settings);
  });
}

function clockOf(whose: string, { date, ours }: HttpsAnswer, { maxClockSkewMs }: OperatorSettings): Finding[] {
  const theirs = spanOfDate(date ?? '');
  return theirs === null ? [] : [clockFinding({ whose, theirs, ours }, maxClockSkewMs)];
}
