/** Strings as Python has them: sequences of code points, with Python's white space and line ends. */

/** The inside of a character class: what Python's str.isspace and `\s` take for white space. */
export const blankCharacters = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const blanks = new Set([
  ...'\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a',
  ...'\u2028\u2029\u202f\u205f\u3000',
]);

export function isBlank(character: string): boolean {
  return blanks.has(character);
}

const surrogate = /[\ud800-\udfff]/;

/** True when indices of UTF-16 units and of code points are the same. */
export function isBasic(text: string): boolean {
  return !surrogate.test(text);
}

/** The code points of a text, a string each. */
export function characters(text: string): string[] {
  return isBasic(text) ? text.split('') : Array.from(text);
}

export function lengthOf(text: string): number {
  return isBasic(text) ? text.length : Array.from(text).length;
}

/** From the code point `start` up to, without, `end`; both count from 0 and are not negative. */
export function sliceOf(text: string, start: number, end?: number): string {
  return isBasic(text) ? text.slice(start, end) : Array.from(text).slice(start, end).join('');
}

/** Negative, 0 or positive by code points, where JavaScript compares UTF-16 units. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  if (isBasic(left) && isBasic(right)) return left < right ? -1 : 1;
  const a = Array.from(left);
  const b = Array.from(right);
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Cuts white space, or the characters of `set`, off one or both ends. */
export function strip(text: string, ends: 'both' | 'left' | 'right' = 'both', set?: string): string {
  const drop = set === undefined ? blanks : new Set(set);
  const points = characters(text);
  let start = 0;
  let end = points.length;
  if (ends !== 'right') while (start < end && drop.has(points[start] ?? '')) start++;
  if (ends !== 'left') while (end > start && drop.has(points[end - 1] ?? '')) end--;
  return start === 0 && end === points.length ? text : points.slice(start, end).join('');
}

/** The words of a text, as str.split() without a separator gives them. */
export function words(text: string): string[] {
  return text.split(new RegExp(`[${blankCharacters}]+`)).filter((word) => word !== '');
}

const lineEndCharacters = '\\n\\v\\f\\r\\x1c-\\x1e\\x85\\u2028\\u2029';
const lineEnds = new RegExp(`\\r\\n|[${lineEndCharacters}]`, 'g');

/** The lines of a text as str.splitlines gives them: a line end at the end opens no further line. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const match of text.matchAll(lineEnds)) {
    const end = match.index + match[0].length;
    lines.push(text.slice(start, keepEnds ? end : match.index));
    start = end;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** First character in title case, the others in lower case. */
export function capitalize(text: string): string {
  const [first = '', ...rest] = Array.from(text);
  return titleCase(first) + rest.join('').toLowerCase();
}

/** Title case of one character: that of its upper case, for all but a few digraphs and ligatures. */
export function titleCase(character: string): string {
  const upper = character.toUpperCase();
  if (/^\p{Lt}$/u.test(character)) return character;
  const digraph = { Ǆ: 'ǅ', Ǉ: 'ǈ', Ǌ: 'ǋ', Ǳ: 'ǲ' }[upper];
  if (digraph !== undefined) return digraph;
  const [first = '', ...rest] = Array.from(upper);
  return first + rest.join('').toLowerCase();
}

/** Whether letters have case and all of them this one, as str.isupper and str.islower ask. */
export function isUpper(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

export function isLower(text: string): boolean {
  return /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
}
