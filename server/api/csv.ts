import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { reason } from '../lib/errors.ts';
import { bodyInvalid } from './input.ts';

/** What programs write between cells: Excel takes a semicolon where the comma is in numbers. */
const DELIMITERS = [',', ';', '\t'];

/** A record in characters: as much as a body of JSON has. */
const MAX_RECORD = 8 * 1_024 * 1_024;

/** A record, with the line on which it begins. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A record as RFC 4180 has it. What is undefined is an empty cell. */
export function csvRecord(cells: readonly (string | undefined)[]): string {
  return `${cells.map((cell) => (cell === undefined ? '' : quoted(neutral(cell)))).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",;\t\r\n]|^ | $/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A cell that a spreadsheet would take for a formula, or that is there and empty, has an apostrophe before it, as people write it there. */
function neutral(cell: string): string {
  return /^(?:$|[=+\-@\t\r\n'])/.test(cell) ? `'${cell}` : cell;
}

/** The cell without the apostrophe that keeps spreadsheets from taking it for a formula. */
export function plainCell(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell;
}

/**
 * Reads CSV in UTF-8, with or without a mark of byte order, with any line ends, and with the delimiter that its first line has. Empty
 * lines are passed over.
 * @throws HttpProblem body-invalid with the line
 */
export async function* readCsv(file: AsyncIterable<Buffer>): AsyncGenerator<CsvRecord> {
  const text = decoded(file);
  const head = await firstLine(text);
  const parser = parse({
    delimiter: delimiterOf(head),
    record_delimiter: ['\r\n', '\n', '\r'],
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD,
  });
  async function* whole() {
    yield head;
    yield* text;
  }
  // What it rejects with is thrown by the parser, too.
  pipeline(Readable.from(whole()), parser).catch(() => {});
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const within = record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
      yield { line: info.lines - within, cells: record };
    }
  } catch (cause) {
    if (cause instanceof CsvError) throw bodyInvalid(`The file is no CSV: ${reason(cause)}`);
    throw cause;
  } finally {
    parser.destroy();
  }
}

async function* decoded(file: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  const decode = (piece?: Buffer) => {
    try {
      const text = decoder.decode(piece, { stream: piece !== undefined });
      line += text.split('\n').length - 1;
      return text;
    } catch {
      throw bodyInvalid(`The file is not in UTF-8 from line ${line} on, or soon after; spreadsheets call it CSV UTF-8`);
    }
  };
  for await (const piece of file) yield decode(piece);
  yield decode();
}

async function firstLine(text: AsyncGenerator<string>): Promise<string> {
  let head = '';
  while (!/[\r\n]/.test(head) && head.length <= MAX_RECORD) {
    const { value, done } = await text.next();
    if (done) break;
    head += value;
  }
  return head;
}

function delimiterOf(head: string): string {
  const [line = ''] = head.split(/[\r\n]/);
  const times = (delimiter: string) => line.split(delimiter).length;
  return DELIMITERS.reduce((best, each) => (times(each) > times(best) ? each : best));
}
