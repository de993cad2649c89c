import { visible } from './table.ts';

/**
 * Text in lines of at most so many characters; a word that is longer has a line of its own.
 * @param indent before each line; `hanging` before those that follow the first
 */
export function wrap(text: string, width: number, indent = '', hanging = indent): string {
  const lines: string[] = [];
  let line = indent;
  let isFresh = true;
  for (const word of visible(text).split(' ')) {
    if (!isFresh && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hanging;
      isFresh = true;
    }
    line += isFresh ? word : ` ${word}`;
    isFresh = false;
  }
  return [...lines, line].map((each) => `${each}\n`).join('');
}

/** A text on one line of at most so many characters. */
export function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}

/** A part of a page under its title; nothing when there is nothing in it. */
export function section(title: string, content: string): string {
  return content === '' ? '' : `\n${title}\n${content}`;
}

/** Every line after the indent. */
export function indented(text: string, indent = '  '): string {
  return text.replaceAll(/^(?=.)/gm, indent);
}

/** A table in the page; what does not fit is cut. */
export function fitted(text: string, columns: number): string {
  return indented(text)
    .split('\n')
    .map((line) => cut(line, columns))
    .join('\n');
}
