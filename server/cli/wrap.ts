import { visible } from './table.ts';

/** Text in lines of at most so many characters, each after the indent; a word that is longer has a line of its own. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of visible(text).split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => `${indent}${each}\n`).join('');
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
