import { parse } from 'csv-parse';
import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { codeOf, UsageError, type Format } from './command.ts';

/** One user of a file, as read. The fields are not checked yet. */
export interface Entry {
  /** The line number, from 1. For a record of several lines, the last one. */
  line: number;
  /** The user's id in the system that the file comes from. */
  id?: unknown;
  email?: unknown;
  hashed_password?: unknown;
  /** Undefined, null or '' for a user who is not disabled. */
  disabled_at?: unknown;
  /** The same for an email that is not verified. */
  email_verified_at?: unknown;
  /** The same for the language of the setting. */
  language?: unknown;
  /** Set if the line cannot be read: the reason. */
  problem?: string;
}

/** A record has some 150 bytes. The limit keeps an unclosed quote from reading the whole file. */
const MAX_RECORD_BYTES = 65_536;

/**
 * Reads the users of a file one by one, so that its size does not matter.
 *
 * @param note is called with a sentence about ignored columns
 * @throws UsageError for a file that cannot be read or lacks columns
 */
export async function* readUsers(
  file: string,
  format: Format,
  note: (text: string) => void,
): AsyncGenerator<Entry> {
  try {
    if ((await stat(file)).isDirectory()) throw new UsageError(`${file} is a folder.`);
    const stream = createReadStream(file);
    yield* format === 'csv' ? readCsv(stream, note) : readJsonLines(stream);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE') {
      const { lines } = error as { lines?: number };
      throw new UsageError(
        `${file} has a quote that is never closed, opened at line ${String(lines)} or before.`,
      );
    }
    if (/^E[A-Z]+$/.test(code)) throw new UsageError(`${file} cannot be read (${code}).`);
    throw error;
  }
}

async function* readCsv(stream: ReadStream, note: (text: string) => void): AsyncGenerator<Entry> {
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: MAX_RECORD_BYTES,
    // Refuse lines with too few or too many fields one by one, and read the others.
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  // Errors of the stream reach the parser, and throw in the loop below.
  pipeline(stream, parser, () => undefined);
  let header: string[] | undefined;
  for await (const { info, record } of parser as AsyncIterable<Row>) {
    if (!header) {
      checkHeader(record, note);
      header = record;
      continue;
    }
    const line = info.lines;
    if (record.length !== header.length) {
      const counts = `${String(record.length)} fields, the header has ${String(header.length)}`;
      yield { line, problem: `the line has ${counts}` };
    } else {
      const [email, hashed_password, disabled_at, email_verified_at, language, id] = [
        ...COLUMNS,
        ...OPTIONAL,
      ].map((name) => fromCell(record[header?.indexOf(name) ?? -1]));
      yield { line, id, email, hashed_password, disabled_at, email_verified_at, language };
    }
  }
  if (!header) throw new UsageError('The file is empty: its first line must name the columns.');
}

interface Row {
  info: { lines: number };
  record: string[];
}

const COLUMNS = ['email', 'hashed_password'];
const OPTIONAL = ['disabled_at', 'email_verified_at', 'language', 'id'];

function checkHeader(header: string[], note: (text: string) => void): void {
  for (const name of COLUMNS) {
    if (header.filter((column) => column === name).length !== 1) {
      throw new UsageError(
        `The first line must name the columns ${COLUMNS.join(' and ')}, once each, separated by commas.`,
      );
    }
  }
  for (const name of OPTIONAL) {
    if (header.filter((column) => column === name).length > 1) {
      throw new UsageError(`The first line names the column ${name} more than once.`);
    }
  }
  const others = header.filter((column) => ![...COLUMNS, ...OPTIONAL].includes(column));
  if (others.length > 0) note(`Ignored columns: ${others.join(', ')}`);
}

async function* readJsonLines(stream: ReadStream): AsyncGenerator<Entry> {
  let line = 0;
  for await (const text of linesOf(stream)) {
    line++;
    // `trim` also removes a byte order mark.
    if (text.trim() !== '') yield { line, ...parseLine(text.trim()) };
  }
}

/** Splits at line feeds only. `readline` also splits at U+2028, which JSON strings may contain. */
async function* linesOf(stream: ReadStream): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_RECORD_BYTES) {
      throw new UsageError('The file has a line over 64 kB: JSON Lines has one user on each line.');
    }
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function parseLine(text: string): Omit<Entry, 'line'> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const { id, email, hashed_password, disabled_at, email_verified_at, language } =
        value as Entry;
      return { id, email, hashed_password, disabled_at, email_verified_at, language };
    }
  } catch {
    // Refused below. The parser's own message would quote the line.
  }
  return { problem: 'the line is not a JSON object' };
}

/** Writes one user as readUsers reads it. */
export function toLine(format: Format, values: Record<string, unknown>): string {
  return format === 'csv'
    ? `${Object.values(values).map(toCsv).join(',')}\n`
    : `${JSON.stringify(values)}\n`;
}

/** Writes a field as RFC 4180 says. Undefined is an empty field. */
function toCsv(value: unknown = ''): string {
  const text = typeof value === 'string' ? toCell(value) : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Text that a spreadsheet may take for a formula, after any number of apostrophes: its sign may have
 * spaces and line breaks before it, and a full-width form (`＝＋－＠`).
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^'*(?:[\t\r\n]|\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/;

/** Adds an apostrophe to what a spreadsheet would run: it then shows the text. */
function toCell(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function fromCell(cell: string | undefined): string | undefined {
  return cell?.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
