/** The token endpoint's no, in the words of Microsoft Entra. */
export interface TokenRefusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly error: string;
  readonly code: number;
  readonly message: string;
}

export function tokenRefusal(status: number, error: string, code: number, message: string): TokenRefusal {
  return { kind: 'refused', status, error, code, message: `AADSTS${code}: ${message}` };
}
