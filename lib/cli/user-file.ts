import { parse } from 'csv-parse';
import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { codeOf, UsageError, type Format } from './command.ts';

/** One user of a file, as read: of the fields, nothing is known yet. */
export interface Entry {
  /** Where it stands, from 1; for a record of several lines, the last of them. */
  line: number;
  email?: unknown;
  hashed_password?: unknown;
  /** Absent, null or '' of one who is not disabled. */
  disabled_at?: unknown;
  /** Likewise, of one whose email is not verified. */
  email_verified_at?: unknown;
  /** Why the line cannot be read, where it cannot. */
  problem?: string;
}

/** A record is some 150 bytes long; a quote that is never closed would take in the whole file. */
const MAX_RECORD_BYTES = 65_536;

/**
 * The users of a file, one after the other, whatever its size.
 *
 * @param note is told what is left out
 * @throws UsageError for a file that is not to be read, or has not the columns
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
        `A quote is opened and not closed in ${file}, at line ${String(lines)} or before: correct it.`,
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
    // A line that has too few or too many is refused; the others are read.
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  // Errors reach the parser, whose reader they are thrown at.
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
      const counts = `${String(record.length)} fields, and the header ${String(header.length)}`;
      yield { line, problem: `it has ${counts}` };
    } else {
      const [email, hashed_password, disabled_at, email_verified_at] = [
        ...COLUMNS,
        ...OPTIONAL,
      ].map((name) => record[header?.indexOf(name) ?? -1]);
      yield { line, email, hashed_password, disabled_at, email_verified_at };
    }
  }
  if (!header) throw new UsageError('The file is empty: its first line has to name the columns.');
}

interface Row {
  info: { lines: number };
  record: string[];
}

const COLUMNS = ['email', 'hashed_password'];
const OPTIONAL = ['disabled_at', 'email_verified_at'];

function checkHeader(header: string[], note: (text: string) => void): void {
  for (const name of COLUMNS) {
    if (header.filter((column) => column === name).length !== 1) {
      throw new UsageError(
        `The first line has to name the columns, ${COLUMNS.join(' and ')} once each, with commas between them.`,
      );
    }
  }
  for (const name of OPTIONAL) {
    if (header.filter((column) => column === name).length > 1) {
      throw new UsageError(`The first line names the column ${name} more than once.`);
    }
  }
  const others = header.filter((column) => ![...COLUMNS, ...OPTIONAL].includes(column));
  if (others.length > 0) note(`Not imported: ${others.join(', ')}`);
}

async function* readJsonLines(stream: ReadStream): AsyncGenerator<Entry> {
  let line = 0;
  for await (const text of linesOf(stream)) {
    line++;
    // A byte order mark, and what is around the JSON.
    if (text.trim() !== '') yield { line, ...parseLine(text.trim()) };
  }
}

/** Split at line feeds alone: readline does at U+2028 too, which JSON has in its strings as it is. */
async function* linesOf(stream: ReadStream): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_RECORD_BYTES) {
      throw new UsageError(
        'A line of the file never ends: it has to be JSON Lines, one user a line.',
      );
    }
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function parseLine(text: string): Omit<Entry, 'line'> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const { email, hashed_password, disabled_at, email_verified_at } = value as Entry;
      return { email, hashed_password, disabled_at, email_verified_at };
    }
  } catch {
    // Said below: the parser's own words quote the line.
  }
  return { problem: 'it is no JSON object' };
}

/** One line of a file that readUsers reads. */
export function toLine(format: Format, values: Record<string, unknown>): string {
  return format === 'csv'
    ? `${Object.values(values).map(toCsv).join(',')}\n`
    : `${JSON.stringify(values)}\n`;
}

/** RFC 4180. What is absent is empty. */
function toCsv(value: unknown = ''): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
