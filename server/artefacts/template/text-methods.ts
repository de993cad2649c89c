import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { braces } from './format.ts';
import { pad } from './format-number.ts';
import { toList } from './operations.ts';
import { type Methods, needInteger, type Routine, routine, variadic, wrong } from './routines.ts';
import type { Context } from './runtime.ts';
import { capitalize, characters, isBlank, isLower, isUpper, lengthOf, sliceOf, splitLines, strip, titleCase } from './text.ts';
import { asInteger, asText, entriesOf, isMapping, list, type Mapping, Markup, Tuple } from './values.ts';

/** The methods of str. */

type TextRun = (budget: Budget, text: string, ...values: unknown[]) => unknown;

/** A method of str whose result on safe text is safe: text arguments are escaped first. */
function safe(signature: string, run: TextRun): Routine {
  return routine(`self${signature === '' ? '' : ` ${signature}`}`, (context, self, ...values) => {
    const { budget } = context;
    if (!(self instanceof Markup)) return run(budget, String(self), ...values.map(plain));
    const escaped = values.map((value) => (typeof value === 'string' ? context.escape(value) : plain(value)));
    return rewrap(run(budget, self.text, ...escaped));
  });
}

/** As `safe`, but the arguments stay as they are. */
function safeResult(signature: string, run: TextRun): Routine {
  return routine(`self ${signature}`, ({ budget }, self, ...values) => {
    const result = run(budget, asText(self) ?? '', ...values.map(plain));
    return self instanceof Markup ? rewrap(result) : result;
  });
}

/** A method of str that gives plain text, a number or a bool. */
function simple(signature: string, run: TextRun): Routine {
  return routine(`self${signature === '' ? '' : ` ${signature}`}`, ({ budget }, self, ...values) =>
    run(budget, asText(self) ?? '', ...values.map(plain)),
  );
}

function plain(value: unknown): unknown {
  return value instanceof Markup ? value.text : value;
}

function rewrap(result: unknown): unknown {
  if (typeof result === 'string') return new Markup(result);
  if (result instanceof Tuple) return new Tuple(result.items.map(rewrap));
  return Array.isArray(result) ? list(result.map(rewrap)) : result;
}

function needText(value: unknown): string {
  return asText(value) ?? wrong('a text');
}

function filler(value: unknown): string {
  if (value === undefined) return ' ';
  const text = needText(value);
  return lengthOf(text) === 1 ? text : wrong('one character');
}

function aligned(align: string): TextRun {
  return (budget, text, width, fill) => pad(budget, '', text, needInteger(width), filler(fill), align);
}

/** Python's centre leans left when both the width and what is missing are odd. */
export function center(budget: Budget, text: string, width: number, fill = ' '): string {
  const lacking = width - lengthOf(text);
  if (lacking <= 0) return text;
  budget.text(text.length + lacking * fill.length);
  const left = Math.floor(lacking / 2) + (lacking & width & 1);
  return fill.repeat(left) + text + fill.repeat(lacking - left);
}

export function replace(budget: Budget, text: string, old: string, by: string, count = -1): string {
  budget.search(text.length, old.length);
  const parts = old === '' ? ['', ...characters(text), ''] : text.split(old);
  const limit = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  if (limit <= 0) return text;
  budget.text(text.length + limit * (by.length - old.length));
  return [parts.slice(0, limit + 1).join(by), ...parts.slice(limit + 1)].join(old);
}

function splitted(budget: Budget, text: string, separator: unknown, most: unknown, fromRight: boolean): string[] {
  const limit = most === undefined ? -1 : needInteger(most);
  const parts =
    separator === undefined || separator === null
      ? blankSplit(text, limit, fromRight)
      : fixedSplit(budget, text, needText(separator), limit, fromRight);
  budget.spend(parts.length);
  return list(parts) as string[];
}

function fixedSplit(budget: Budget, text: string, separator: string, limit: number, fromRight: boolean): string[] {
  if (separator === '') throw new Fault('the separator is empty');
  budget.search(text.length, separator.length);
  const parts: string[] = [];
  let rest = text;
  while (limit < 0 || parts.length < limit) {
    const at = fromRight ? rest.lastIndexOf(separator) : rest.indexOf(separator);
    if (at === -1) break;
    const after = rest.slice(at + separator.length);
    parts.push(fromRight ? after : rest.slice(0, at));
    rest = fromRight ? rest.slice(0, at) : after;
  }
  parts.push(rest);
  return fromRight ? parts.reverse() : parts;
}

/** Words between white space; the last one (the first, from the right) keeps what is left, as it stands. */
function blankSplit(text: string, limit: number, fromRight: boolean): string[] {
  const points = characters(text);
  if (fromRight) points.reverse();
  const found: string[][] = [];
  let index = 0;
  for (;;) {
    while (index < points.length && isBlank(points[index] ?? '')) index++;
    if (index >= points.length) break;
    const start = index;
    if (limit >= 0 && found.length === limit) {
      found.push(points.slice(start));
      break;
    }
    while (index < points.length && !isBlank(points[index] ?? '')) index++;
    found.push(points.slice(start, index));
  }
  return fromRight ? found.reverse().map((word) => word.reverse().join('')) : found.map((word) => word.join(''));
}

/** The window of a text that start and end, counted in code points, leave; undefined when there is none. */
function windowOf(text: string, start: unknown, end: unknown): { text: string; offset: number } | undefined {
  const length = lengthOf(text);
  const clamp = (value: unknown, otherwise: number) => {
    if (value === undefined || value === null) return otherwise;
    const index = needInteger(value);
    return Math.max(0, index < 0 ? index + length : index);
  };
  const offset = clamp(start, 0);
  const last = Math.min(length, clamp(end, length));
  return offset > length || offset > last ? undefined : { text: sliceOf(text, offset, last), offset };
}

function finder(last: boolean): TextRun {
  return (budget, text, part, start, end) => {
    const needle = needText(part);
    const seen = windowOf(text, start, end);
    if (!seen) return -1;
    budget.search(seen.text.length, needle.length);
    const at = last ? seen.text.lastIndexOf(needle) : seen.text.indexOf(needle);
    return at === -1 ? -1 : seen.offset + lengthOf(seen.text.slice(0, at));
  };
}

function orFail(run: TextRun): TextRun {
  return (...values) => {
    const result = run(...values);
    if (result === -1) throw new Fault('the text does not contain that part');
    return result;
  };
}

function count(budget: Budget, text: string, part: unknown, start: unknown, end: unknown): number {
  const needle = needText(part);
  const seen = windowOf(text, start, end);
  if (!seen) return 0;
  budget.search(seen.text.length, needle.length);
  return needle === '' ? lengthOf(seen.text) + 1 : seen.text.split(needle).length - 1;
}

function edge(matches: (text: string, part: string) => boolean): TextRun {
  return (_, text, part, start, end) => {
    const parts = part instanceof Tuple ? part.items : [part];
    const needles = parts.map(needText);
    const seen = windowOf(text, start, end);
    return seen !== undefined && needles.some((needle) => matches(seen.text, needle));
  };
}

function partition(fromRight: boolean): TextRun {
  return (budget, text, separator) => {
    const needle = needText(separator);
    if (needle === '') throw new Fault('the separator is empty');
    budget.search(text.length, needle.length);
    const at = fromRight ? text.lastIndexOf(needle) : text.indexOf(needle);
    if (at === -1) return new Tuple(fromRight ? ['', '', text] : [text, '', '']);
    return new Tuple([text.slice(0, at), needle, text.slice(at + needle.length)]);
  };
}

function stripper(ends: 'both' | 'left' | 'right'): TextRun {
  return (_, text, set) => strip(text, ends, set === undefined || set === null ? undefined : needText(set));
}

function zeroFill(budget: Budget, text: string, width: unknown): string {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  return pad(budget, sign, digits, needInteger(width), '0', '=');
}

function expandTabs(budget: Budget, text: string, size: unknown): string {
  const width = size === undefined ? 8 : needInteger(size);
  let column = 0;
  let result = '';
  for (const one of text) {
    if (one === '\t') {
      const blanks = width > 0 ? width - (column % width) : 0;
      budget.text(result.length + blanks);
      result += ' '.repeat(blanks);
      column += blanks;
    } else {
      result += one;
      column = one === '\n' || one === '\r' ? 0 : column + 1;
    }
  }
  return result;
}

/** Every letter after something that has no case starts a word: `they're` becomes `They'Re`. */
function title(text: string): string {
  let inWord = false;
  return Array.from(text, (one) => {
    const shown = inWord ? one.toLowerCase() : titleCase(one);
    inWord = /[\p{Lowercase}\p{Uppercase}\p{Lt}]/u.test(one);
    return shown;
  }).join('');
}

function isTitle(text: string): boolean {
  let inWord = false;
  let found = false;
  for (const one of text) {
    const upper = /[\p{Uppercase}\p{Lt}]/u.test(one);
    const lower = /\p{Lowercase}/u.test(one);
    if ((upper && inWord) || (lower && !inWord)) return false;
    inWord = upper || lower;
    found ||= inWord;
  }
  return found;
}

/** Case folding of one character: the lower case of its upper case, but for the dotless i and the capital sharp s. */
function foldCase(one: string): string {
  if (one === 'ı') return one;
  return one === 'ẞ' ? 'ss' : Array.from(one.toUpperCase(), (part) => part.toLowerCase()).join('');
}

function every(pattern: RegExp): TextRun {
  return (_, text) => pattern.test(text);
}

/** Digits that are not decimal (superscripts, circled ones), and numbers that Unicode files under letters. */
const otherDigits =
  '\\u{b2}\\u{b3}\\u{b9}\\u{1369}-\\u{1371}\\u{19da}\\u{2070}\\u{2074}-\\u{2079}\\u{2080}-\\u{2089}\\u{2460}-\\u{2468}\\u{2474}-\\u{247c}\\u{2488}-\\u{2490}\\u{24ea}\\u{24f5}-\\u{24fd}\\u{24ff}\\u{2776}-\\u{277e}\\u{2780}-\\u{2788}\\u{278a}-\\u{2792}\\u{10a40}-\\u{10a43}\\u{10e60}-\\u{10e68}\\u{11052}-\\u{1105a}\\u{1f100}-\\u{1f10a}';
const letterNumbers =
  '\\u{3405}\\u{3483}\\u{382a}\\u{3b4d}\\u{4e00}\\u{4e03}\\u{4e07}\\u{4e09}\\u{4e5d}\\u{4e8c}\\u{4e94}\\u{4e96}\\u{4ebf}-\\u{4ec0}\\u{4edf}\\u{4ee8}\\u{4f0d}\\u{4f70}\\u{5104}\\u{5146}\\u{5169}\\u{516b}\\u{516d}\\u{5341}\\u{5343}-\\u{5345}\\u{534c}\\u{53c1}-\\u{53c4}\\u{56db}\\u{58f1}\\u{58f9}\\u{5e7a}\\u{5efe}-\\u{5eff}\\u{5f0c}-\\u{5f0e}\\u{5f10}\\u{62fe}\\u{634c}\\u{67d2}\\u{6f06}\\u{7396}\\u{767e}\\u{8086}\\u{842c}\\u{8cae}\\u{8cb3}\\u{8d30}\\u{9621}\\u{9646}\\u{964c}\\u{9678}\\u{96f6}\\u{f96b}\\u{f973}\\u{f978}\\u{f9b2}\\u{f9d1}\\u{f9d3}\\u{f9fd}\\u{20001}\\u{20064}\\u{200e2}\\u{20121}\\u{2092a}\\u{20983}\\u{2098c}\\u{2099c}\\u{20aea}\\u{20afd}\\u{20b19}\\u{22390}\\u{22998}\\u{23b1b}\\u{2626d}\\u{2f890}';

export const textMethods: Methods = {
  capitalize: safe('', (_, text) => capitalize(text)),
  casefold: simple('', (_, text) => Array.from(text, foldCase).join('')),
  center: safe('width fill?', (budget, text, width, fill) => center(budget, text, needInteger(width), filler(fill))),
  count: simple('part start? end?', (budget, text, part, start, end) => count(budget, text, part, start, end)),
  endswith: simple(
    'part start? end?',
    edge((text, part) => text.endsWith(part)),
  ),
  expandtabs: safe('tabsize?', expandTabs),
  find: simple('part start? end?', finder(false)),
  format: variadic((context, { positional: [self, ...positional], named }) =>
    braces(context, asString(self), { positional, named }),
  ),
  format_map: routine('self mapping', (context, self, mapping) => {
    if (!isMapping(mapping)) wrong('a dict');
    const named = new Map(Array.from(entriesOf(mapping as Mapping), ([key, value]) => [String(asText(key)), value] as const));
    return braces(context, String(asText(self)), { positional: [], named });
  }),
  index: simple('part start? end?', orFail(finder(false))),
  isalnum: simple('', every(new RegExp(`^[\\p{L}\\p{N}${letterNumbers}]+$`, 'u'))),
  isalpha: simple('', every(/^\p{L}+$/u)),
  isascii: simple('', (_, text) => !/[^\0-\x7f]/.test(text)),
  isdecimal: simple('', every(/^\p{Nd}+$/u)),
  isdigit: simple('', every(new RegExp(`^[\\p{Nd}${otherDigits}]+$`, 'u'))),
  isidentifier: simple('', every(/^[\p{XID_Start}_]\p{XID_Continue}*$/u)),
  islower: simple('', (_, text) => isLower(text)),
  isnumeric: simple('', every(new RegExp(`^[\\p{N}${letterNumbers}]+$`, 'u'))),
  isprintable: simple('', (_, text) => !/[\p{C}\p{Z}]/u.test(text.replaceAll(' ', ''))),
  isspace: simple('', (_, text) => text !== '' && strip(text) === ''),
  istitle: simple('', (_, text) => isTitle(text)),
  isupper: simple('', (_, text) => isUpper(text)),
  join: routine('self parts', (context, self, parts) => joinParts(context, asString(self), parts)),
  ljust: safe('width fill?', aligned('<')),
  lower: safe('', (_, text) => text.toLowerCase()),
  lstrip: safe('characters?', stripper('left')),
  partition: safe('separator', partition(false)),
  removeprefix: simple('part', (_, text, part) => (text.startsWith(needText(part)) ? text.slice(needText(part).length) : text)),
  removesuffix: simple('part', (_, text, part) =>
    part !== '' && text.endsWith(needText(part)) ? text.slice(0, text.length - needText(part).length) : text,
  ),
  replace: safe('old new count?', (budget, text, old, by, most) =>
    replace(budget, text, needText(old), needText(by), most === undefined ? -1 : needInteger(most)),
  ),
  rfind: simple('part start? end?', finder(true)),
  rindex: simple('part start? end?', orFail(finder(true))),
  rjust: safe('width fill?', aligned('>')),
  rpartition: safe('separator', partition(true)),
  rsplit: safeResult('sep? maxsplit?', (budget, text, separator, most) => splitted(budget, text, separator, most, true)),
  rstrip: safe('characters?', stripper('right')),
  split: safeResult('sep? maxsplit?', (budget, text, separator, most) => splitted(budget, text, separator, most, false)),
  splitlines: safeResult('keepends?', (_, text, keepends) =>
    list(splitLines(text, keepends === true || Boolean(asInteger(keepends)))),
  ),
  startswith: simple(
    'part start? end?',
    edge((text, part) => text.startsWith(part)),
  ),
  strip: safe('characters?', stripper('both')),
  swapcase: safe('', (_, text) =>
    Array.from(text, (one) =>
      /\p{Uppercase}/u.test(one) ? one.toLowerCase() : /\p{Lowercase}/u.test(one) ? one.toUpperCase() : one,
    ).join(''),
  ),
  title: safe('', (_, text) => title(text)),
  upper: safe('', (_, text) => text.toUpperCase()),
  zfill: safe('width', zeroFill),
};

function asString(value: unknown): string | Markup {
  return value instanceof Markup ? value : String(value);
}

/** separator.join(parts): every part must be text; a safe separator escapes them. */
function joinParts(context: Context, separator: string | Markup, parts: unknown): string | Markup {
  const escaped = separator instanceof Markup;
  const texts = toList(context.budget, parts).map((part) => {
    if (escaped && part instanceof Markup) return part.text;
    const text = needText(part);
    return escaped ? context.escape(text) : text;
  });
  const between = escaped ? separator.text : separator;
  context.budget.text(texts.reduce((length, text) => length + text.length + between.length, 0));
  const joined = texts.join(between);
  return escaped ? new Markup(joined) : joined;
}
