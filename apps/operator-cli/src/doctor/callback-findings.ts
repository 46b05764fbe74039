import { failed, ok, warning, type Finding } from './finding.js';
import type { HttpsAnswer } from './https-get.js';

const CHECK = 'callback address';
const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * What the answer to an address that was never given out says. The receiver refuses it with 404 and an error of Graph's
 * shape, before it reads anything else.
 */
export function callbackFinding(
  url: string,
  { status, body, certificateEndsAtMs }: Pick<HttpsAnswer, 'status' | 'body' | 'certificateEndsAtMs'>,
  { nowMs, certificateDays }: { readonly nowMs: number; readonly certificateDays: number },
): Finding {
  if (status >= 500) {
    const found = `${url} answers ${status}`;
    return failed(CHECK, found, 'The way to the receiver works, but the receiver does not: see its readiness and its log.');
  }
  if (status !== 404 || !isReceivers(body)) {
    const found = `${url} answers ${status}, which is not the receiver’s own refusal`;
    return failed(CHECK, found, 'Something else answers there: correct CALLBACK_PUBLIC_URL, or where the way in leads.');
  }
  const days = Math.floor((certificateEndsAtMs - nowMs) / DAY_MS);
  const found = `the receiver answers at ${url}, with a certificate that is trusted here and valid for ${days} more days`;
  if (days < certificateDays)
    return warning(CHECK, found, 'Renew the certificate: without a valid one Graph does not call back.');
  return ok(CHECK, `${found}; whether Graph gets there from the internet only a call shows`);
}

function isReceivers(body: string): boolean {
  try {
    return (JSON.parse(body) as { error?: { code?: unknown } } | null)?.error?.code === 'NotFound';
  } catch {
    return false;
  }
}
