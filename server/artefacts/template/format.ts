import { Fault } from './errors.ts';
import { digitsOf, floatDigits, formatValue, isNegative, pad } from './format-number.ts';
import { rawItem } from './items.ts';
import { finite } from './numbers.ts';
import { represent, toText } from './print.ts';
import type { Context } from './runtime.ts';
import { sliceOf } from './text.ts';
import {
  asInteger,
  asNumber,
  asText,
  type CallArguments,
  getKey,
  isFloat,
  isMapping,
  isPlainObject,
  Markup,
  missing,
  Namespace,
  Range,
  Tuple,
  Undefined,
} from './values.ts';

/** The widest field worth a thought; the budget refuses most before. */
const mostWidth = 2 ** 31;

const conversion = /%(?:\(((?:[^()]|\([^()]*\))*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?(.)/gsu;

/** text % value, as printf formats. A safe text escapes what is put into it. */
export function percent(context: Context, left: string | Markup, right: unknown): string | Markup {
  const { budget } = context;
  const text = typeof left === 'string' ? left : left.text;
  const show = (value: unknown, shown: string) =>
    left instanceof Markup && !(value instanceof Markup) ? context.escape(shown) : shown;
  const positional: readonly unknown[] = right instanceof Tuple ? right.items : [right];
  let used = 0;
  let named = false;
  const take = (): unknown => {
    if (used >= positional.length) throw new Fault('too few values for the format');
    return positional[used++];
  };
  const size = (given: string | undefined): number | undefined => {
    if (given !== '*') return given === undefined ? undefined : Number(given);
    const value = asInteger(take());
    if (value === undefined) throw new Fault('* wants an integer');
    return Number(value);
  };
  let length = 0;
  let end = 0;
  const parts: string[] = [];
  const put = (part: string) => {
    length += part.length;
    budget.text(length > budget.outputBytes ? length : part.length);
    parts.push(part);
  };
  for (const match of text.matchAll(conversion)) {
    const [whole, key, flags = '', widthText, precisionText, kind = ''] = match;
    put(text.slice(end, match.index));
    end = match.index + whole.length;
    if (key !== undefined) named = true;
    const width = size(widthText) ?? 0;
    const precision = size(precisionText === '' ? '0' : precisionText);
    if (Math.abs(width) > mostWidth || (precision ?? 0) > mostWidth)
      throw new Fault('a field that is too wide', 'template-limit');
    if (kind === '%') {
      put('%');
      continue;
    }
    const value = key === undefined ? take() : byKey(right, key);
    const left_ = flags.includes('-') || width < 0;
    const form = { flags, width: Math.abs(width), left: left_, precision };
    put(convert(context, kind, value, form, show));
  }
  const rest = text.slice(end);
  if (rest.includes('%')) throw new Fault('an incomplete format');
  put(rest);
  const loose = right instanceof Undefined || isMapping(right) || Array.isArray(right) || right instanceof Range;
  if (!named && !loose && used < positional.length) throw new Fault('too many values for the format');
  const result = parts.join('');
  return left instanceof Markup ? new Markup(result) : result;
}

function byKey(mapping: unknown, key: string): unknown {
  if (mapping instanceof Undefined) mapping.fail();
  if (!isMapping(mapping)) throw new Fault('the format wants a dict');
  const value = getKey(mapping, key);
  if (value === missing) throw new Fault('a key of the format is not in the dict');
  return value;
}

interface Field {
  readonly flags: string;
  readonly width: number;
  readonly left: boolean;
  readonly precision: number | undefined;
}

function convert(
  context: Context,
  kind: string,
  value: unknown,
  field: Field,
  show: (value: unknown, shown: string) => string,
): string {
  const { budget } = context;
  const { flags, width, left, precision } = field;
  const textual = (text: string) => {
    const shown = precision === undefined ? text : sliceOf(text, 0, precision);
    return pad(budget, '', shown, width, ' ', left ? '<' : '>');
  };
  const numeric = (negative: boolean, prefix: string, digits: string, zeros: boolean) => {
    const sign = (negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') + prefix;
    return pad(budget, sign, digits, width, zeros && !left ? '0' : ' ', left ? '<' : zeros ? '=' : '>');
  };
  switch (kind) {
    case 's':
      return textual(show(value, toText(budget, value)));
    case 'r':
      return textual(show(value, represent(budget, value)));
    case 'a':
      return textual(show(value, ascii(represent(budget, value))));
    case 'c':
      return textual(character(value));
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X': {
      const whole = integerFor(kind, value);
      const base = kind === 'o' ? 8 : kind === 'x' || kind === 'X' ? 16 : 10;
      if ((precision ?? 0) > 0) budget.text(precision ?? 0);
      const digits = digitsOf(whole, base).padStart(precision ?? 0, '0');
      const prefix = flags.includes('#') && base !== 10 ? `0${kind}` : '';
      return numeric(isNegative(whole) && whole !== 0, prefix, kind === 'X' ? digits.toUpperCase() : digits, flags.includes('0'));
    }
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      if (value instanceof Undefined) value.fail();
      if (asNumber(value) === undefined) throw new Fault('the format wants a number');
      const number = finite(value);
      const digits = floatDigits(number, kind, precision ?? 6, flags.includes('#'));
      return numeric(isNegative(number), '', digits, flags.includes('0') && Number.isFinite(number));
    }
    default:
      throw new Fault('an unsupported format character');
  }
}

function integerFor(kind: string, value: unknown): number | bigint {
  const whole = asInteger(value);
  if (whole !== undefined) return whole;
  if (value instanceof Undefined) value.fail();
  if (!isFloat(value) || !'diu'.includes(kind)) throw new Fault('the format wants an integer');
  const number = finite(value);
  if (!Number.isFinite(number)) throw new Fault('the format wants an integer');
  return BigInt(Math.trunc(number));
}

function character(value: unknown): string {
  const text = asText(value);
  if (text !== undefined && Array.from(text).length === 1) return text;
  const whole = asInteger(value);
  if (whole === undefined || whole < 0 || whole > 0x10ffff) throw new Fault('the format wants a character');
  return String.fromCodePoint(Number(whole));
}

/** What ascii() makes of a repr. */
function ascii(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (one) => {
    const point = one.codePointAt(0) ?? 0;
    const hexadecimal = point.toString(16);
    if (point <= 0xff) return `\\x${hexadecimal.padStart(2, '0')}`;
    return point <= 0xffff ? `\\u${hexadecimal.padStart(4, '0')}` : `\\U${hexadecimal.padStart(8, '0')}`;
  });
}

/** text.format(…). Fields reach attributes and items of the arguments by the engine's own rules, no others. */
export function braces(context: Context, receiver: string | Markup, list: CallArguments): string | Markup {
  const state = { automatic: 0, kind: undefined as 'automatic' | 'manual' | undefined };
  const safe = receiver instanceof Markup;
  const result = expand(context, typeof receiver === 'string' ? receiver : receiver.text, list, state, safe, 2);
  return safe ? new Markup(result) : result;
}

type Numbering = { automatic: number; kind: 'automatic' | 'manual' | undefined };

function expand(context: Context, text: string, list: CallArguments, state: Numbering, safe: boolean, levels: number): string {
  if (levels === 0) throw new Fault('fields of a format are nested too deeply');
  const parts: string[] = [];
  let length = 0;
  let index = 0;
  const put = (part: string) => {
    length += part.length;
    context.budget.text(length > context.budget.outputBytes ? length : part.length);
    parts.push(part);
  };
  while (index < text.length) {
    const brace = nextBrace(text, index);
    put(text.slice(index, brace));
    if (brace === text.length) break;
    if (text[brace] === text[brace + 1]) {
      put(text[brace] ?? '');
      index = brace + 2;
      continue;
    }
    if (text[brace] === '}') throw new Fault("a single '}' in a format");
    const end = closingBrace(text, brace);
    put(field(context, text.slice(brace + 1, end), list, state, safe, levels));
    index = end + 1;
  }
  return parts.join('');
}

function nextBrace(text: string, from: number): number {
  for (let i = from; i < text.length; i++) if (text[i] === '{' || text[i] === '}') return i;
  return text.length;
}

function closingBrace(text: string, open: number): number {
  let depth = 1;
  let bracket = false;
  for (let i = open + 1; i < text.length; i++) {
    const one = text[i];
    if (one === '[' && depth === 1) bracket = true;
    else if (one === ']') bracket = false;
    else if (!bracket && one === '{') depth++;
    else if (!bracket && one === '}' && --depth === 0) return i;
    else if (one === ':' && depth === 1) bracket = false;
  }
  throw new Fault("a '{' of a format is not closed");
}

const fieldParts = /^([^![:.]*)((?:\.[^![:.]*|\[[^\]]*\])*)(?:!([^:]))?(?::(.*))?$/su;

function field(context: Context, text: string, list: CallArguments, state: Numbering, safe: boolean, levels: number): string {
  const match = fieldParts.exec(text);
  if (!match) throw new Fault('an invalid field in a format');
  const [, name = '', path = '', conversionKind, specificationText = ''] = match;
  let value = argument(name, list, state);
  for (const [, attribute, item] of path.matchAll(/\.([^.[]*)|\[([^\]]*)\]/g)) {
    value = attribute !== undefined ? readAttribute(value, attribute) : readItem(value, item ?? '');
  }
  const { budget } = context;
  const form =
    specificationText.includes('{') || specificationText.includes('}')
      ? expand(context, specificationText, list, state, false, levels - 1)
      : specificationText;
  if (conversionKind === 'r') value = represent(budget, value);
  else if (conversionKind === 's') value = toText(budget, value);
  else if (conversionKind === 'a') value = ascii(represent(budget, value));
  else if (conversionKind !== undefined) throw new Fault('an unknown conversion in a format');
  if (safe && value instanceof Markup) {
    if (form !== '') throw new Fault('safe text takes no format specification');
    return value.text;
  }
  const shown = formatOne(context, value, form);
  return safe ? context.escape(shown) : shown;
}

function formatOne(context: Context, value: unknown, form: string): string {
  const { budget } = context;
  if (form === '') return toText(budget, value);
  const text = asText(value);
  if (text === undefined && asNumber(value) === undefined) throw new Fault('this value takes no format specification');
  return formatValue(budget, value, text, form);
}

function argument(name: string, list: CallArguments, state: Numbering): unknown {
  const kind = name === '' ? 'automatic' : /^\d+$/.test(name) ? 'manual' : undefined;
  if (kind === undefined) {
    if (!list.named.has(name)) throw new Fault('a field of the format has no argument');
    return list.named.get(name);
  }
  state.kind ??= kind;
  if (state.kind !== kind) throw new Fault('a format numbers its fields or leaves it, not both');
  const index = kind === 'automatic' ? state.automatic++ : Number(name);
  if (index >= list.positional.length) throw new Fault('a field of the format has no argument');
  return list.positional[index];
}

/** Attributes in Python's sense: those of namespaces, groups and plain objects; a dict's items are none. */
function readAttribute(value: unknown, name: string): unknown {
  if (value instanceof Undefined) value.fail();
  const found = value instanceof Namespace ? value.attributes.get(name) : isPlainObject(value) ? getKey(value, name) : missing;
  if (found === missing) throw new Fault('a field of the format has no such attribute');
  return found;
}

function readItem(value: unknown, key: string): unknown {
  const found = rawItem(value, /^\d+$/.test(key) ? Number(key) : key);
  if (found === missing) throw new Fault('a field of the format has no such item');
  return found;
}
