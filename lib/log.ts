import { AsyncLocalStorage } from 'node:async_hooks';

const SERVICE = 'user-authentication';

/** What each line about a request says of it. */
export interface LogContext {
  request_id: string;
  /** Absent where no client asked. */
  source_ip?: string;
  /** The request for which a function was invoked that has no route. */
  asked_by?: string;
}

/** Of a command, standard output is its result: from now on, what is logged goes to standard error. */
export function logToStandardError(): void {
  useStandardError = true;
}

let useStandardError = false;

const context = new AsyncLocalStorage<LogContext>();

/** Whatever is logged by the work, and by what it awaits, is logged with the context. */
export function withContext<T>(values: LogContext, work: () => T): T {
  return context.run(values, work);
}

/**
 * Security events, in the words of OWASP's Application Logging Vocabulary, and how each came out.
 * https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html
 */
const EVENTS = {
  authn_login_success: 'success',
  authn_login_fail: 'failure',
  /** Refused unseen: the email has to wait, or the source. */
  authn_login_fail_max: 'failure',
  authn_password_change: 'success',
  authn_password_change_fail: 'failure',
  /** A session, a reset token, or an email token. */
  authn_token_created: 'success',
  authn_token_revoked: 'success',
  /** What an operator did, or looked at. */
  authz_admin: 'success',
  /** No session or email token, or none that is good. */
  authz_fail: 'failure',
  input_validation_fail: 'failure',
  malicious_cors: 'failure',
  user_created: 'success',
  user_updated: 'success',
  user_deleted: 'success',
} as const satisfies Record<string, 'success' | 'failure'>;

export type SecurityEvent = keyof typeof EVENTS;

interface Details {
  /** Absent where no user is known. */
  user_id?: string;
  /** A short sentence of ours, which holds nothing that a client sent. */
  reason?: string;
  /** Of an operator: what was done, and by whom. */
  act?: string;
  actor?: string;
}

/** Logs one security event. */
export function logEvent(event: SecurityEvent, details: Details = {}): void {
  const outcome = EVENTS[event];
  write(outcome === 'success' ? 'INFO' : 'WARN', event, { event, outcome, ...details });
}

/** Logs what somebody has to look into. */
export function logError(message: string, error: unknown): void {
  write('ERROR', message, { error: describeError(error) });
}

/** Logs what went wrong and was got over. */
export function logWarning(message: string, error: unknown): void {
  write('WARN', message, { error: describeError(error) });
}

/** From the least; `LOG_LEVEL` says from which on lines are written, `SILENT` none. */
const LEVELS = ['INFO', 'WARN', 'ERROR', 'SILENT'];

/**
 * One JSON line a message, in UTC. Nothing secret goes in: no password, token, cookie, body or email.
 * Not by console, to which Lambda adds what makes it no JSON.
 */
function write(level: 'INFO' | 'WARN' | 'ERROR', message: string, details: object): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(process.env['LOG_LEVEL'] ?? 'INFO')) return;
  const timestamp = new Date().toISOString();
  const line = { level, message, timestamp, service: SERVICE, ...details, ...context.getStore() };
  const stream = useStandardError ? process.stderr : process.stdout;
  stream.write(`${JSON.stringify(line)}\n`);
}

/** What is logged of an error: no more, as an error of the SDK may carry the item it was about. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
