import { Fault } from './errors.ts';
import { strip } from './text.ts';
import { asInteger, asNumber, float, integer, isFloat } from './values.ts';

/** Python's numbers: exact integers, floats, and how either is read and written. */

/** Python prints no integer of more digits (sys.int_info.default_max_str_digits). */
const mostDigits = 4300;
/** Integers beyond this many bits are refused: four times what could still be printed. */
const mostBits = 65_536;

function tooLarge(): never {
  throw new Fault('an integer that is too large', 'template-limit');
}

function bits(value: bigint): number {
  return value.toString(16).length * 4;
}

export function printInteger(value: number | bigint): string {
  const text = typeof value === 'bigint' || Number.isSafeInteger(value) ? value.toString() : BigInt(value).toString();
  return text.length > mostDigits + 1 ? tooLarge() : text === '-0' ? '0' : text;
}

/** The shortest text that reads back as the same float, laid out as Python's repr. */
export function printFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) {
    const text = value.toString();
    return text.includes('.') ? text : `${text}.0`;
  }
  return `${mantissa}e${printExponent(exponent)}`;
}

function printExponent(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(2, '0')}`;
}

/** A finite float as the exact fraction that it is. */
function fraction(value: number): [numerator: bigint, denominator: bigint] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const raw = view.getBigUint64(0);
  const biased = Number(raw >> 52n);
  const significand = biased === 0 ? raw : (raw & 0xfffffffffffffn) | 0x10000000000000n;
  const exponent = Math.max(biased, 1) - 1075;
  return exponent >= 0 ? [significand << BigInt(exponent), 1n] : [significand, 1n << BigInt(-exponent)];
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  // Ties go to the even neighbour.
  return twice > denominator || (twice === denominator && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

function scale(value: number, places: number): bigint {
  const [numerator, denominator] = fraction(value);
  return places >= 0
    ? roundedQuotient(numerator * 10n ** BigInt(places), denominator)
    : roundedQuotient(numerator, denominator * 10n ** BigInt(-places));
}

/** The absolute value with so many decimals, exactly rounded (JavaScript's own toFixed rounds ties up). */
export function toFixed(value: number, places: number): string {
  const digits = scale(value, places)
    .toString()
    .padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** The digits of the absolute value, rounded to so many, and the power of ten of the first. */
function significantDigits(value: number, count: number): [digits: string, exponent: number] {
  if (value === 0) return ['0'.repeat(count), 0];
  let exponent = Number(Math.abs(value).toExponential().split('e')[1]);
  let digits = scale(value, count - 1 - exponent).toString();
  if (digits.length > count) {
    exponent++;
    digits = digits.slice(0, -1);
  }
  return [digits, exponent];
}

export function toExponential(value: number, places: number): string {
  const [digits, exponent] = significantDigits(value, places + 1);
  return `${digits.charAt(0)}${places > 0 ? `.${digits.slice(1)}` : ''}e${printExponent(exponent)}`;
}

/** `%g`: significant digits, in whichever layout is shorter; `alternate` keeps zeros at the end. */
export function toGeneral(value: number, precision: number, alternate: boolean): string {
  const count = Math.max(precision, 1);
  const [, exponent] = significantDigits(value, count);
  const text = exponent < -4 || exponent >= count ? toExponential(value, count - 1) : toFixed(value, count - 1 - exponent);
  if (alternate || !text.includes('.')) return text;
  const [mantissa = '', tail] = text.split('e');
  const short = mantissa.replace(/\.?0+$/, '');
  return tail === undefined ? short : `${short}e${tail}`;
}

/** Python's round(): half to even on the exact value; an int stays one. */
export function round(value: unknown, places: number): unknown {
  const whole = asInteger(value);
  if (whole !== undefined) {
    if (places >= 0) return whole;
    if (places < -mostDigits) return 0;
    const unit = 10n ** BigInt(-places);
    const big = BigInt(whole);
    const rounded = roundedQuotient(big < 0n ? -big : big, unit) * unit;
    return integer(big < 0n ? -rounded : rounded);
  }
  const number = asNumber(value);
  if (number === undefined) throw new Fault('only numbers can be rounded');
  // Beyond these a float has no digit left to round, or none at all.
  if (!Number.isFinite(number) || places > 323) return float(number);
  if (places < -309) return float(Math.sign(number) * 0);
  const scaled = scale(number, places);
  const absolute = Number(`${scaled}e${-places}`);
  return float(number < 0 || Object.is(number, -0) ? -absolute : absolute);
}

/** int(text, base): undefined when the text is not an integer. */
export function readInteger(text: string, base: number): number | bigint | undefined {
  const plain = asciiDigits(strip(text)).toLowerCase();
  const match = /^([+-]?)(0[xob])?(_?[0-9a-z]+(?:_[0-9a-z]+)*)$/.exec(plain);
  if (!match) return undefined;
  const [, sign, prefix = '', tail = ''] = match;
  const prefixBase = { '0x': 16, '0o': 8, '0b': 2 }[prefix];
  let radix = base;
  let digits = tail;
  if (prefixBase !== undefined && (base === 0 || base === prefixBase)) radix = prefixBase;
  else {
    digits = prefix + tail;
    if (base === 0) {
      // Leading zeros are not allowed where the base is told by the prefix, except in zero itself.
      if (/^0[0_]*[1-9a-z]/.test(digits)) return undefined;
      radix = 10;
    }
    if (digits.startsWith('_')) return undefined;
  }
  digits = digits.replaceAll('_', '');
  let result = 0n;
  if ((radix & (radix - 1)) !== 0 && digits.length > mostDigits) return undefined;
  for (const digit of digits) {
    const value = Number.parseInt(digit, 36);
    if (value >= radix) return undefined;
    if (digits.length < 11) continue;
    result = result * BigInt(radix) + BigInt(value);
  }
  if (digits.length < 11) return Number.parseInt(digits, radix) * (sign === '-' ? -1 : 1) || 0;
  return integer(sign === '-' ? -result : result);
}

/** float(text): undefined when the text is not a number. */
export function readFloat(text: string): number | undefined {
  const plain = asciiDigits(strip(text)).toLowerCase();
  const special = /^([+-]?)(inf|infinity|nan)$/.exec(plain);
  if (special)
    return special[2] === 'nan' ? Number.NaN : special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const digits = '\\d+(?:_\\d+)*';
  if (!new RegExp(`^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[+-]?${digits})?$`).test(plain)) return undefined;
  return Number(plain.replaceAll('_', ''));
}

/** Decimal digits of any script as those of ASCII, which is what Python's int() reads them as. */
function asciiDigits(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return /\p{Nd}/u.test(character) ? String((point - zeroOf(point)) % 10) : character;
  });
}

/** Where the run of decimal digits around a code point begins: with a zero, and in tens. */
function zeroOf(point: number): number {
  let zero = point;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return zero;
}

type Operation = (left: number | bigint, right: number | bigint) => unknown;

function mod(left: number, right: number): number {
  const rest = left % right;
  if (rest === 0) return right < 0 ? -0 : 0;
  return rest < 0 !== right < 0 ? rest + right : rest;
}

function byZero(): never {
  throw new Fault('division by zero');
}

function bounded(value: bigint): number | bigint {
  const result = integer(value);
  return typeof result === 'bigint' && bits(result) > mostBits ? tooLarge() : result;
}

/** Exact in JavaScript's numbers when the result is small, in bigints otherwise. */
function exact(small: (left: number, right: number) => number, big: (left: bigint, right: bigint) => bigint): Operation {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') {
      const result = small(left, right);
      if (Number.isSafeInteger(result)) return result === 0 ? 0 : result;
    }
    return bounded(big(BigInt(left), BigInt(right)));
  };
}

function floorBig(left: bigint, right: bigint): bigint {
  const quotient = left / right;
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
}

const whole: Readonly<Record<string, Operation>> = {
  '+': exact(
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  '-': exact(
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  '*': exact(
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  '/': (a, b) => (Number(b) === 0 ? byZero() : float(divide(a, b))),
  '//': (a, b) => (Number(b) === 0 ? byZero() : bounded(floorBig(BigInt(a), BigInt(b)))),
  '%': (a, b) => {
    if (Number(b) === 0) byZero();
    return bounded(BigInt(a) - floorBig(BigInt(a), BigInt(b)) * BigInt(b));
  },
  '**': power,
};

/** True division of ints, rounded once: both may be beyond what a float holds. */
function divide(a: number | bigint, b: number | bigint): number {
  if (typeof a === 'number' && typeof b === 'number') return a / b;
  let [top, bottom] = [BigInt(a), BigInt(b)];
  const negative = top < 0n !== bottom < 0n;
  if (top < 0n) top = -top;
  if (bottom < 0n) bottom = -bottom;
  // 66 bits of quotient and a sticky one let the conversion to a float round correctly.
  const shift = bits(bottom) - bits(top) + 66;
  const scaled = shift > 0 ? (top << BigInt(shift)) / bottom : top / (bottom << BigInt(-shift));
  const lost = shift > 0 ? (top << BigInt(shift)) % bottom : top % (bottom << BigInt(-shift));
  const value = Number(lost === 0n ? scaled : scaled | 1n) * 2 ** -shift;
  if (!Number.isFinite(value)) throw new Fault('the quotient is too large for a float');
  return negative ? -value : value;
}

function power(base: number | bigint, exponent: number | bigint): unknown {
  if (exponent < 0) return realPower(Number(base), Number(exponent));
  if (base === 0 || base === 1 || exponent === 0) return exponent === 0 ? 1 : base;
  if (base === -1) return BigInt(exponent) % 2n === 0n ? 1 : -1;
  if (bits(BigInt(base) < 0n ? -BigInt(base) : BigInt(base)) * Number(exponent) > mostBits * 4) tooLarge();
  return bounded(BigInt(base) ** BigInt(exponent));
}

function realPower(base: number, exponent: number): number | { readonly value: number } {
  if (base === 0 && exponent < 0) byZero();
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw new Fault('complex numbers are not supported', 'template-unsupported');
  }
  const result = Math.abs(base) === 1 && Number.isNaN(base ** exponent) ? 1 : base ** exponent;
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent))
    throw new Fault('the result is too large for a float');
  return float(base === 1 || exponent === 0 ? 1 : result);
}

function real(operator: string, left: number, right: number): unknown {
  switch (operator) {
    case '+':
      return float(left + right);
    case '-':
      return float(left - right);
    case '*':
      return float(left * right);
    case '/':
      return right === 0 ? byZero() : float(left / right);
    case '//':
      return right === 0 ? byZero() : float(floorReal(left, right));
    case '%':
      return right === 0 ? byZero() : float(mod(left, right));
    default:
      return realPower(left, right);
  }
}

/** Python divides what is left after the remainder is taken off, so that both agree. */
function floorReal(left: number, right: number): number {
  if (!Number.isFinite(left)) return Number.NaN;
  const rest = mod(left, right);
  if (!Number.isFinite(right)) return left === 0 ? left / right : left < 0 === right < 0 ? 0 : -1;
  const quotient = (left - rest) / right;
  if (quotient === 0) return (left / right) * 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/** An operation of two numbers; undefined when one of them is none. */
export function arithmetic(operator: string, left: unknown, right: unknown): unknown {
  const a = asInteger(left);
  const b = asInteger(right);
  if (a !== undefined && b !== undefined) return whole[operator]?.(a, b);
  if ((a === undefined && !isFloat(left)) || (b === undefined && !isFloat(right))) return undefined;
  return real(operator, finite(left), finite(right));
}

/** A number as a float, which the largest integers do not fit into. */
export function finite(value: unknown): number {
  const number = asNumber(value) ?? Number.NaN;
  if (typeof value === 'bigint' && !Number.isFinite(number)) throw new Fault('the integer is too large for a float');
  return number;
}

/** Compares two numbers exactly; undefined when one is none. NaN is neither less nor more: the result is NaN. */
export function compareNumbers(left: unknown, right: unknown): number | undefined {
  const a = comparable(left);
  const b = comparable(right);
  if (a === undefined || b === undefined) return undefined;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparable(value: unknown): number | bigint | undefined {
  return typeof value === 'bigint' ? value : asNumber(value);
}
