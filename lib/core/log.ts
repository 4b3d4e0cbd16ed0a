import { AsyncLocalStorage } from 'node:async_hooks';
import { SERVICE } from './service.ts';

/** What each log line says about its request. */
export interface LogContext {
  request_id: string;
  /** Undefined if no client sent the request. */
  source_ip?: string;
  /** For functions without a route: the id of the request that invoked the function. */
  asked_by?: string;
}

/** Writes log lines to standard error from now on: a command's standard output is its result. */
export function logToStandardError(): void {
  useStandardError = true;
}

let useStandardError = false;

const context = new AsyncLocalStorage<LogContext>();

/** Runs the work; each line that it logs, or that anything it awaits logs, carries the context. */
export function withContext<T>(values: LogContext, work: () => T): T {
  return context.run(values, work);
}

/**
 * Security events in the words of OWASP's Application Logging Vocabulary, each with its outcome.
 * https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html
 */
const EVENTS = {
  authn_login_success: 'success',
  authn_login_fail: 'failure',
  /** Refused before the password was checked: the email or the source has to wait. */
  authn_login_fail_max: 'failure',
  /** Too many passwords in a row failed: only a reset of the password lets the user log in again. */
  authn_login_lock: 'failure',
  authn_password_change: 'success',
  authn_password_change_fail: 'failure',
  /** A session, a reset token, or an email token. */
  authn_token_created: 'success',
  authn_token_revoked: 'success',
  /** An act of an operator. */
  authz_admin: 'success',
  /** No session or email token, or an invalid one. */
  authz_fail: 'failure',
  /** A mail was not sent, as its address was sent others of late. */
  excess_rate_limit_exceeded: 'failure',
  input_validation_fail: 'failure',
  malicious_cors: 'failure',
  user_created: 'success',
  user_updated: 'success',
  user_deleted: 'success',
} as const satisfies Record<string, 'success' | 'failure'>;

export type SecurityEvent = keyof typeof EVENTS;

/** What is known about an event. */
export interface Details {
  /** Undefined if no user is known. */
  user_id?: string;
  /** Stands for an email whose user is not known: see `logKey` in settings.ts. */
  email_digest?: string;
  /** A short sentence of ours without anything that a client sent. */
  reason?: string;
  /** Of a page of another site. */
  origin?: string;
  /** For operators: what was done, and by whom. */
  act?: string;
  actor?: string;
}

/** Logs one security event. */
export function logEvent(event: SecurityEvent, details: Details = {}): void {
  const outcome = EVENTS[event];
  write(outcome === 'success' ? 'INFO' : 'WARN', event, { event, outcome, ...details });
}

/** Logs an error that somebody has to look into. */
export function logError(message: string, error: unknown): void {
  write('ERROR', message, { error: describeError(error) });
}

/** Logs an error that the service recovered from. */
export function logWarning(message: string, error: unknown): void {
  write('WARN', message, { error: describeError(error) });
}

/** In ascending order. `LOG_LEVEL` is the lowest level that is written; `SILENT` writes nothing. */
const LEVELS = ['INFO', 'WARN', 'ERROR', 'SILENT'];

/**
 * Writes a message as one line of JSON, in UTC. No line holds a secret: no password, token, cookie,
 * body or email. Lambda would add text to what `console` writes, so that the line is not JSON.
 */
function write(level: 'INFO' | 'WARN' | 'ERROR', message: string, details: object): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(process.env['LOG_LEVEL'] ?? 'INFO')) return;
  const timestamp = new Date().toISOString();
  const line = { level, message, timestamp, service: SERVICE, ...details, ...context.getStore() };
  const stream = useStandardError ? process.stderr : process.stdout;
  stream.write(`${JSON.stringify(line)}\n`);
}

/** The parts of an error that are logged. Errors of the SDK may carry whole items in other parts. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
