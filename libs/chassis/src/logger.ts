import { destination, pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** Members whose values never reach a log line, at any depth (G8). */
export const SECRET_MEMBERS: readonly string[] = [
  'authorization',
  'Authorization',
  'clientSecret',
  'client_secret',
  'clientAssertion',
  'accessToken',
  'access_token',
  'passcode',
  'token',
  'blob',
  'displayName',
  'password',
];

const BEARER = /\beyJ[\w-]{4,}(\.[\w-]*){0,2}/g;
const PHONE = /(\+|%2B|\btel:)\d{6,15}\b/gi;
/** The patterns that are built from member names; a test checks that their time grows only linearly. */
export const PATTERNS_OF_MEMBERS = {
  /** A secret member of JSON at any depth, also within JSON that is a string in JSON. */
  member: ofMembers((names) => `"(${names})"\\s*:\\s*"(?:[^"\\\\]|\\\\.)*"`, 'gi'),
  quotedMember: ofMembers((names) => `\\\\"(${names})\\\\"\\s*:\\s*\\\\"[^"\\\\]*\\\\"`, 'gi'),
  /** A secret member whose value is not text. It is searched for after texts are scrubbed. */
  structure: ofMembers((names) => `"(${names})"\\s*:\\s*(?!"|null)`, 'i'),
  name: ofMembers((names) => `^(${names})$`, 'i'),
};

function ofMembers(pattern: (names: string) => string, flags: string): RegExp {
  // eslint-disable-next-line no-restricted-syntax -- the names are ours, and the patterns are checked by a test
  return new RegExp(pattern(SECRET_MEMBERS.join('|')), flags);
}

/** Takes tokens, phone numbers and secret members out of free text, such as the message of somebody else's error. */
export function scrub(text: string): string {
  return text
    .replace(BEARER, '[token]')
    .replace(PHONE, '[phone]')
    .replace(PATTERNS_OF_MEMBERS.member, '"$1":"[redacted]"')
    .replace(PATTERNS_OF_MEMBERS.quotedMember, '\\"$1\\":\\"[redacted]\\"');
}

/** A JSON logger of one service; one line per event, time in ISO 8601, secrets redacted by member and by pattern. */
export function createLogger(service: string, level = 'info', write: (line: string) => void = standardOutput()): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      // Not pino's own redaction, which takes ten times as long as all the rest of a line.
      write: (line: string) => {
        write(withoutSecrets(line));
      },
    },
  );
}

/** @param line JSON */
function withoutSecrets(line: string): string {
  const text = scrub(line);
  if (!PATTERNS_OF_MEMBERS.structure.test(text)) return text;
  const redacted = (name: string, value: unknown): unknown =>
    PATTERNS_OF_MEMBERS.name.test(name) && value !== null ? '[redacted]' : value;
  return `${JSON.stringify(JSON.parse(text, redacted))}\n`;
}

function standardOutput(): (line: string) => void {
  const stdout = destination({ fd: 1, sync: true });
  return (line) => {
    stdout.write(line);
  };
}

/** The shape that Nest wants of a logger. Nest's own start-up chatter goes to debug. */
export function nestLogger(
  logger: Logger,
): Record<'log' | 'error' | 'warn' | 'debug' | 'verbose' | 'fatal', (message: unknown, ...rest: unknown[]) => void> {
  const at =
    (level: 'debug' | 'error' | 'warn' | 'fatal') =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.findLast((part) => typeof part === 'string');
      if (message instanceof Error) logger[level]({ err: message, context });
      else logger[level]({ context }, String(message));
    };
  return { log: at('debug'), error: at('error'), warn: at('warn'), debug: at('debug'), verbose: at('debug'), fatal: at('fatal') };
}
