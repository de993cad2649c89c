import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { percent } from './format.ts';
import { toJson } from './json.ts';
import { countOf, elementsOf, isTrue, iterate, joinTexts, toList } from './operations.ts';
import { prettyPrint } from './pprint.ts';
import { softText, toText } from './print.ts';
import { needInteger, type Routine, routine, variadic, wrong } from './routines.ts';
import { type Context, Module } from './runtime.ts';
import { capitalize, isBasic, lengthOf, sliceOf, splitLines, strip, words } from './text.ts';
import { center, replace } from './text-methods.ts';
import { asText, DictView, entriesOf, isMapping, type Mapping, Markup, Tuple, Undefined } from './values.ts';
import { wrap } from './wrap.ts';

/** Filters that make or take text. */

/** Does to the text of a value what the filter does; safe text stays safe. */
function onText(signature: string, run: (budget: Budget, text: string, ...values: unknown[]) => string): Routine {
  return routine(signature === '' ? 'value' : `value ${signature}`, ({ budget }, value, ...rest) => {
    const text = softText(budget, value);
    return typeof text === 'string' ? run(budget, text, ...rest) : new Markup(run(budget, text.text, ...rest));
  });
}

function escaped(context: Context, value: unknown): Markup {
  if (value instanceof Markup) return value;
  if (value instanceof Module) return new Markup(value.text);
  const text = context.escape(toText(context.budget, value));
  context.budget.text(text.length);
  return new Markup(text);
}

function forceEscape(context: Context, value: unknown): Markup {
  return escaped(context, toText(context.budget, value));
}

/** Words begin after white space, hyphens and opening brackets. */
function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/u)
    .map((word) => {
      const first = isBasic(word) ? word.charAt(0) : sliceOf(word, 0, 1);
      return first.toUpperCase() + word.slice(first.length).toLowerCase();
    })
    .join('');
}

function replaceFilter(context: Context, value: unknown, old: unknown, by: unknown, count: unknown = null): string | Markup {
  const { budget } = context;
  const most = count === null ? -1 : needInteger(count);
  if (!context.autoescape) return replace(budget, toText(budget, value), toText(budget, old), toText(budget, by), most);
  const mustEscape = old instanceof Markup || (by instanceof Markup && !(value instanceof Markup));
  const text = mustEscape ? escaped(context, value) : softText(budget, value);
  const [from, to] = [softText(budget, old), softText(budget, by)];
  const plain = (part: string | Markup) =>
    typeof part !== 'string' ? part.text : text instanceof Markup ? context.escape(part) : part;
  const result = replace(budget, plain(text), plain(from), plain(to), most);
  return text instanceof Markup ? new Markup(result) : result;
}

function indent(context: Context, value: unknown, width: unknown = 4, first: unknown = false, blank: unknown = false): unknown {
  if (value instanceof Undefined) value.fail();
  const text = asText(value) ?? wrong('a text');
  const { budget } = context;
  const count = asText(width) === undefined ? Math.max(0, needInteger(width)) : 0;
  budget.text(count);
  const given = asText(width) ?? ' '.repeat(count);
  const indention = value instanceof Markup && typeof width === 'string' ? given : given;
  const lines = splitLines(`${text}\n`);
  budget.text(text.length + lines.length * indention.length);
  const shown = lines.map((line, index) => (index === 0 || (line === '' && !isTrue(blank)) ? line : indention + line)).join('\n');
  const result = (isTrue(first) ? indention : '') + shown;
  return value instanceof Markup ? new Markup(result) : result;
}

function truncate(
  context: Context,
  value: unknown,
  length: unknown = 255,
  kill: unknown = false,
  end: unknown = '...',
  leeway: unknown = 5,
): unknown {
  const most = needInteger(length);
  const ending = asText(end) ?? wrong('a text');
  const tolerance = leeway === null ? 5 : needInteger(leeway);
  if (most < lengthOf(ending)) throw new Fault('the length leaves no room for the end');
  if (tolerance < 0) throw new Fault('the leeway is negative');
  if (value instanceof Undefined) {
    value.use();
    return value;
  }
  if ((countOf(value) ?? most + tolerance + 1) <= most + tolerance) return value;
  const text = asText(value) ?? wrong('a text');
  let head = sliceOf(text, 0, most - lengthOf(ending));
  if (!isTrue(kill) && head.includes(' ')) head = head.slice(0, head.lastIndexOf(' '));
  const kept = value instanceof Markup ? new Markup(head) : head;
  return joinTexts(context.budget, context.escape, kept, end as string | Markup);
}

function wordWrap(
  context: Context,
  value: unknown,
  width: unknown = 79,
  breakLong: unknown = true,
  wrapString: unknown = null,
  breakOnHyphens: unknown = true,
): string {
  if (value instanceof Undefined) value.fail();
  const text = asText(value) ?? wrong('a text');
  const between = wrapString === null ? '\n' : (asText(wrapString) ?? wrong('a text'));
  const options = { width: needInteger(width), breakLongWords: isTrue(breakLong), breakOnHyphens: isTrue(breakOnHyphens) };
  if (options.width <= 0) throw new Fault('the width is not positive');
  context.budget.spend(text.length);
  const lines = splitLines(text).map((line) => wrap(line, options).join(between));
  context.budget.text(text.length + (text.length / options.width + lines.length) * between.length);
  return lines.join(between);
}

/** Text without comments and tags, its references resolved, and white space brought down to single blanks. */
function stripTags(context: Context, value: unknown): string {
  const text = toText(context.budget, value);
  const bare = without(without(text, '<!--', '-->'), '<', '>');
  return resolved(words(bare).join(' '));
}

/** Cuts out everything from an opening to the next closing. */
function without(text: string, open: string, close: string): string {
  let result = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    const end = start === -1 ? -1 : text.indexOf(close, start + open.length);
    if (end === -1) return result + text.slice(from);
    result += text.slice(from, start);
    from = end + close.length;
  }
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\xa0' };

function resolved(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7});?|#[xX]([\da-fA-F]{1,6});?|([A-Za-z][\dA-Za-z]{0,30}));?/g,
    (_, decimal, hexadecimal, name) => {
      if (name !== undefined) {
        const character = Object.hasOwn(named, name) ? named[name] : undefined;
        if (character === undefined)
          throw new Fault('HTML entities other than those of XML are not supported', 'template-unsupported');
        return character;
      }
      const point = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal);
      return point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? '\ufffd' : String.fromCodePoint(point);
    },
  );
}

function quoteUrl(text: string, forQuery: boolean): string {
  const bytes = Buffer.from(text, 'utf8');
  let result = '';
  for (const byte of bytes) {
    const one = String.fromCharCode(byte);
    if (/[\w.~-]/.test(one) || (one === '/' && !forQuery)) result += one;
    else result += one === ' ' && forQuery ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}

function urlEncode(context: Context, value: unknown): string {
  const { budget } = context;
  const show = (part: unknown, forQuery: boolean) => {
    const text = toText(budget, part);
    budget.text(text.length * 3);
    return quoteUrl(text, forQuery);
  };
  if (asText(value) !== undefined || elementsOf(value) === undefined) return show(value, false);
  const pairs = isMapping(value) ? new DictView('items', value) : value;
  const parts = Array.from(iterate(budget, pairs), (pair) => {
    const [key, held, ...more] = toList(budget, pair);
    if (held === undefined || more.length > 0) throw new Fault('a query is made of pairs');
    return `${show(key, true)}=${show(held, true)}`;
  });
  return parts.join('&');
}

function xmlAttributes(context: Context, value: unknown, autospace: unknown = true): unknown {
  if (value instanceof Undefined) value.fail();
  if (!isMapping(value)) throw new Fault('attributes are given as a dict');
  const parts: string[] = [];
  for (const [key, held] of entriesOf(value as Mapping)) {
    if (held === null || held instanceof Undefined) continue;
    const name = asText(key) ?? wrong('a text');
    if (/[ \t-\r/>=]/.test(name)) throw new Fault('an attribute name with an invalid character');
    parts.push(`${escaped(context, key).text}="${escaped(context, held).text}"`);
  }
  const text = (isTrue(autospace) && parts.length > 0 ? ' ' : '') + parts.join(' ');
  return context.autoescape ? new Markup(text) : text;
}

function json(context: Context, value: unknown, depth: unknown = null): Markup {
  const width = depth === null ? undefined : (asText(depth) ?? ' '.repeat(Math.min(1_000, Math.max(0, needInteger(depth)))));
  return new Markup(toJson(context.budget, value, width));
}

const escapeFilter = routine('s', escaped);

export const textFilters: Readonly<Record<string, Routine>> = {
  capitalize: onText('', (_, text) => capitalize(text)),
  center: onText('width?', (budget, text, width = 80) => center(budget, text, needInteger(width))),
  e: escapeFilter,
  escape: escapeFilter,
  forceescape: routine('value', forceEscape),
  format: variadic((context, { positional: [value, ...rest], named: names }) => {
    if (rest.length > 0 && names.size > 0) throw new Fault('a format takes positional or named arguments, not both');
    const given = names.size > 0 ? Object.fromEntries(names) : new Tuple(rest);
    return percent(context, softText(context.budget, value), given);
  }),
  indent: routine('s width? first? blank?', indent),
  lower: onText('', (_, text) => text.toLowerCase()),
  pprint: routine('value', ({ budget }, value) => prettyPrint(budget, value)),
  replace: routine('s old new count?', replaceFilter),
  safe: routine('value', ({ budget }, value) => (value instanceof Markup ? value : new Markup(toText(budget, value)))),
  string: routine('object', ({ budget }, value) => softText(budget, value)),
  striptags: routine('value', stripTags),
  title: routine('s', ({ budget }, value) => title(asText(softText(budget, value)) ?? '')),
  tojson: routine('value indent?', json),
  trim: onText('chars?', (_, text, set = null) =>
    strip(text, 'both', set === null ? undefined : (asText(set) ?? wrong('a text'))),
  ),
  truncate: routine('s length? killwords? end? leeway?', truncate),
  upper: onText('', (_, text) => text.toUpperCase()),
  urlencode: routine('value', urlEncode),
  wordcount: routine('s', ({ budget }, value) => (toText(budget, value).match(/[\p{L}\p{N}_]+/gu) ?? []).length),
  wordwrap: routine('s width? break_long_words? wrapstring? break_on_hyphens?', wordWrap),
  xmlattr: routine('d autospace?', xmlAttributes),
};
