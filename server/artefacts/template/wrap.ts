import { blankCharacters, lengthOf, sliceOf } from './text.ts';

/** Lines no wider than asked for, broken where Python's textwrap breaks them. */

const blank = '[\\t\\n\\v\\f\\r ]';
const solid = '[^\\t\\n\\v\\f\\r ]';
const word = '[\\p{L}\\p{N}_]';
const letter = '[\\p{L}_]';
const wordOrMark = `(?:${word}|[!"'&.,?])`;

/**
 * What a line may be broken between: white space, dashes between words, and words; a word ends after a hyphen
 * that has letters on both sides.
 */
const chunk = new RegExp(
  `${blank}+|(?<=${wordOrMark})-{2,}(?=${word})|${solid}+?(?:-(?:(?<=${letter}{2}-)|(?<=${letter}-${letter}-))(?=${letter}-?${letter})|(?=${blank}|$)|(?<=${wordOrMark})(?=-{2,}${word}))`,
  'gu',
);
const plainChunk = new RegExp(`${blank}+|${solid}+`, 'gu');
const allBlank = new RegExp(`^[${blankCharacters}]*$`);

export interface WrapOptions {
  readonly width: number;
  readonly breakLongWords: boolean;
  readonly breakOnHyphens: boolean;
}

export function wrap(text: string, options: WrapOptions): string[] {
  const chunks = text.match(options.breakOnHyphens ? chunk : plainChunk) ?? [];
  chunks.reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    if (lines.length > 0 && allBlank.test(chunks.at(-1) ?? '')) chunks.pop();
    const line = takeLine(chunks, options);
    if (line.length > 0 && allBlank.test(line.at(-1) ?? '')) line.pop();
    if (line.length > 0) lines.push(line.join(''));
  }
  return lines;
}

/** Takes as many chunks as fit into one line off the end of the list. */
function takeLine(chunks: string[], options: WrapOptions): string[] {
  const line: string[] = [];
  let length = 0;
  for (let next = chunks.at(-1); next !== undefined; next = chunks.at(-1)) {
    if (length + lengthOf(next) > options.width) break;
    line.push(next);
    length += lengthOf(next);
    chunks.pop();
  }
  const next = chunks.at(-1);
  if (next !== undefined && lengthOf(next) > options.width) breakWord(chunks, line, options.width - length, options);
  return line;
}

/** A word that fits on no line: cut where the line ends, at a hyphen if there is one, or put on a line alone. */
function breakWord(chunks: string[], line: string[], room: number, options: WrapOptions): void {
  const text = chunks.at(-1) ?? '';
  if (!options.breakLongWords) {
    if (line.length === 0) line.push(chunks.pop() ?? '');
    return;
  }
  // Where no room is left an empty piece ends the line, and the blank before it stays, as in Python.
  let end = room;
  if (options.breakOnHyphens && lengthOf(text) > end) {
    const hyphen = sliceOf(text, 0, end).lastIndexOf('-');
    if (hyphen > 0 && /[^-]/.test(text.slice(0, hyphen))) end = lengthOf(text.slice(0, hyphen)) + 1;
  }
  line.push(sliceOf(text, 0, end));
  chunks[chunks.length - 1] = sliceOf(text, end);
}
