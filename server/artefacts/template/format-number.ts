import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { finite, printFloat, toExponential, toFixed, toGeneral } from './numbers.ts';
import { lengthOf } from './text.ts';
import { asInteger, isFloat } from './values.ts';

/** What printf-style formatting and str.format share: numbers in digits, and padding. */

/** More decimals than any double has to show. */
const mostDecimals = 1_100;

export function digitsOf(value: number | bigint, base: number): string {
  const big = BigInt(value);
  return (big < 0n ? -big : big).toString(base);
}

export function isNegative(value: number | bigint): boolean {
  return typeof value === 'bigint' ? value < 0n : value < 0 || Object.is(value, -0);
}

/** The absolute value in layout e, f, g, E, F or G. */
export function floatDigits(value: number, layout: string, precision: number, alternate: boolean): string {
  if (precision > mostDecimals) throw new Fault('a precision that is too large', 'template-limit');
  const kind = layout.toLowerCase();
  let text = Number.isNaN(value) ? 'nan' : 'inf';
  if (Number.isFinite(value)) {
    text =
      kind === 'e'
        ? toExponential(value, precision)
        : kind === 'f'
          ? toFixed(value, precision)
          : toGeneral(value, precision, alternate);
    if (alternate && !text.includes('.')) text = text.replace(/(?=e|$)/, '.');
  }
  return kind === layout ? text : text.toUpperCase();
}

/** Puts text on the left of the sign, between it and the digits, around, or on the right of both. */
export function pad(budget: Budget, sign: string, digits: string, width: number, fill: string, align: string): string {
  const missing = width - lengthOf(sign) - lengthOf(digits);
  if (missing <= 0) return sign + digits;
  budget.text(sign.length + digits.length + missing * fill.length);
  switch (align) {
    case '<':
      return sign + digits + fill.repeat(missing);
    case '=':
      return sign + fill.repeat(missing) + digits;
    case '^': {
      const left = Math.floor(missing / 2);
      return fill.repeat(left) + sign + digits + fill.repeat(missing - left);
    }
    default:
      return fill.repeat(missing) + sign + digits;
  }
}

interface Specification {
  readonly fill: string;
  readonly align: string | undefined;
  /** A zero before the width: numbers are filled up behind their sign, texts behind themselves. */
  readonly zeros: boolean;
  readonly sign: string;
  readonly noNegativeZero: boolean;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | undefined;
  readonly type: string;
}

const specification = /^(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su;

function readSpecification(text: string): Specification {
  // The fill may itself look like an alignment: the longer reading wins.
  const match = specification.exec(text);
  if (!match) throw new Fault('an invalid format specification');
  const [, fill, align, sign = '-', zero, alternate, zeroFill, width = '0', grouping = '', precision, type = ''] = match;
  return {
    fill: fill ?? (zeroFill !== undefined ? '0' : ' '),
    align,
    zeros: zeroFill !== undefined,
    sign,
    noNegativeZero: zero !== undefined,
    alternate: alternate !== undefined,
    width: Number(width),
    grouping,
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

function refuse(): never {
  throw new Fault('a format specification that does not fit the value');
}

/** format(value, specification) for a str, an int, a bool or a float; text is what other values print as. */
export function formatValue(budget: Budget, value: unknown, text: string | undefined, specificationText: string): string {
  const form = readSpecification(specificationText);
  if (text !== undefined) return formatText(budget, text, form);
  const whole = asInteger(value);
  if (whole !== undefined && !'eEfFgG%'.includes(form.type || 'd')) return formatInteger(budget, whole, form);
  if (whole === undefined && !isFloat(value)) refuse();
  return formatFloat(budget, finite(value), form);
}

function formatText(budget: Budget, text: string, form: Specification): string {
  if (!['', 's'].includes(form.type) || form.sign !== '-' || form.alternate || form.grouping || form.noNegativeZero) refuse();
  if (form.align === '=') refuse();
  const shown = form.precision === undefined ? text : Array.from(text).slice(0, form.precision).join('');
  return pad(budget, '', shown, form.width, form.fill, form.align ?? '<');
}

const bases: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16, X: 16 };

function formatInteger(budget: Budget, value: number | bigint, form: Specification): string {
  if (form.precision !== undefined || form.noNegativeZero) refuse();
  if (form.type === 's' || (form.grouping === ',' && 'boxXcn'.includes(form.type || 'd'))) refuse();
  if (form.type === 'c') {
    if (form.sign !== '-' || form.alternate || value < 0 || value > 0x10ffff) refuse();
    return finish(budget, '', String.fromCodePoint(Number(value)), '', form, 3);
  }
  const base = bases[form.type] ?? 10;
  const digits = digitsOf(value, base);
  const prefix = form.alternate && base !== 10 ? `0${form.type}` : '';
  const sign = (isNegative(value) && digits !== '0' ? '-' : form.sign === '-' ? '' : form.sign) + prefix;
  return finish(budget, sign, form.type === 'X' ? digits.toUpperCase() : digits, '', form, base === 10 ? 3 : 4);
}

function formatFloat(budget: Budget, value: number, form: Specification): string {
  if ('bcdosxX'.includes(form.type) && form.type !== '') refuse();
  const percent = form.type === '%';
  let digits: string;
  if (form.type === '' && form.precision === undefined) digits = printFloat(Math.abs(value));
  else if (form.type === '') digits = shortGeneral(value, form.precision ?? 6, form.alternate);
  else {
    const layout = percent ? 'f' : form.type === 'n' ? 'g' : form.type;
    digits = floatDigits(percent ? value * 100 : value, layout, form.precision ?? 6, form.alternate);
  }
  const negative = isNegative(value) && !(form.noNegativeZero && /^[0.]*$/.test(digits));
  const sign = negative && !Number.isNaN(value) ? '-' : form.sign === '-' ? '' : form.sign;
  const [, whole = '', rest = ''] = /^(\d*)(.*)$/s.exec(digits) ?? [];
  return finish(budget, sign, whole, rest + (percent ? '%' : ''), form, 3);
}

/** Without a type a float is laid out as by `g`, but with one decimal at least and the exponent a step earlier. */
function shortGeneral(value: number, precision: number, alternate: boolean): string {
  const count = Math.max(precision, 1);
  const text = floatDigits(value, 'g', count, alternate);
  if (!Number.isFinite(value) || text.includes('e')) return text;
  const [whole = ''] = text.split('.');
  if (whole !== '0' && whole.length >= count) {
    const [mantissa = '', exponent = ''] = toExponential(value, count - 1).split('e');
    return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${exponent}`;
  }
  return text.includes('.') ? text : `${text}.0`;
}

/** Groups the whole digits, and fills up. Zeros that fill up are grouped with them. */
function finish(budget: Budget, sign: string, whole: string, rest: string, form: Specification, size: number): string {
  const align = form.align ?? (form.zeros ? '=' : '>');
  if (form.grouping === '') return pad(budget, sign, whole + rest, form.width, form.fill, align);
  let digits = whole;
  if (form.fill === '0' && align === '=') {
    budget.text(form.width);
    const room = form.width - sign.length - rest.length;
    while (grouped(digits, form.grouping, size).length < room) digits = `0${digits}`;
  }
  return pad(budget, sign, grouped(digits, form.grouping, size) + rest, form.width, form.fill, align);
}

function grouped(digits: string, separator: string, size: number): string {
  return digits.replace(new RegExp(`\\B(?=(?:[\\da-fA-F]{${size}})+$)`, 'g'), separator);
}
